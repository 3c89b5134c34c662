"""Batch evaluation: gold questions in, figures with intervals out.

``scores`` says how good one answer is, ``figures`` what many come to, ``runs`` keeps them on disk, ``compare``
sets two runs side by side, ``page`` shows one to people.
"""
