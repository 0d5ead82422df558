"""Can one neuron do it? A hyperplane between two classes, or the proof that there is none.

A neuron says w·x + b > 0 for one class and < 0 for the other. It can, exactly if the convex hulls
of the two classes have no point in common. A common point, written as a weighted mean of points of
each class, proves that no w and b exist (Farkas' lemma): w·x + b would be above and below 0 there.
"""

from holograd.separability.proof import Combination, Inseparable, Separation
from holograd.separability.search import separate

__all__ = ["Combination", "Inseparable", "Separation", "separate"]
