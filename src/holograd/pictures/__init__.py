"""Pictures of networks: `network`, `regions`, `loss_landscape`, `statistics`.

Each can be looked at in a notebook, saved as SVG, PNG or PDF, and read as a table. The interface is
drawn in ink, and colour is kept for signed numbers. Drawings of graphs and networks are lists of
shapes with two writers, SVG and matplotlib; fields and courses are figures of matplotlib.
"""

from holograd.pictures.figure import FigurePicture
from holograd.pictures.landscape import loss_landscape
from holograd.pictures.network import network
from holograd.pictures.picture import Picture
from holograd.pictures.regions import regions
from holograd.pictures.shapes import (
    Circle,
    Group,
    Path,
    Rectangle,
    Shape,
    Text,
    arrowhead,
    group,
    line,
    text,
)
from holograd.pictures.statistics import statistics

__all__ = [
    "Circle",
    "FigurePicture",
    "Group",
    "Path",
    "Picture",
    "Rectangle",
    "Shape",
    "Text",
    "arrowhead",
    "group",
    "line",
    "loss_landscape",
    "network",
    "regions",
    "statistics",
    "text",
]
