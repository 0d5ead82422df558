"""What explanations say to people, in English and Korean.

texts: the catalogue's entries by their keys; particles: Korean josa; narration: a headline, and
sentences for each step, which forward_sentences and backward_sentences choose; losses, amounts:
what they say about numbers.
"""
