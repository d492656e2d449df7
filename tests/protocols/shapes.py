"""The referee: DCAT-AP 3.0.1's own SHACL files, run by pyshacl over what we wrote."""

from functools import cache

import pyshacl
from rdflib import RDF, Graph, Namespace

from tests.protocols.portals import SHAPES

SH = Namespace("http://www.w3.org/ns/shacl#")
#: The generated shapes and their ranges, and the shapes and ranges that people wrote: all of one release.
PAIR = ("shacl/dcat-ap-SHACL.ttl", "shacl/ranges.ttl")
FILES = (*PAIR, "html-shacl/shapes.ttl", "html-shacl/range.ttl")


@cache
def shapes(*files: str) -> Graph:
    """Return the shapes of some of `FILES` as one graph.

    The release's ranges point to five property shapes of which no file says anything, not even a path;
    SHACL processors refuse such a graph, so those five pointers are left out.
    """
    graph = Graph()
    for file in files:
        graph.parse(SHAPES.parent / file)
    for shape in set(graph.objects(None, SH.property)):
        if graph.value(shape, SH.path) is None:
            assert not list(graph.predicate_objects(shape)), f"{shape} says something and has no path"
            graph.remove((None, SH.property, shape))
    return graph


def violations(text: bytes, syntax: str = "turtle", files: tuple[str, ...] = FILES) -> list[str]:
    """Return what the shapes find wrong with a graph, each with its node."""
    graph = Graph()
    graph.parse(data=text, format=syntax)
    assert len(graph) > 10, "nothing to look at"
    _conforms, report, _text = pyshacl.validate(graph, shacl_graph=shapes(*files), inference="none", advanced=False)
    found = report.subjects(RDF.type, SH.ValidationResult)
    return sorted(
        f"{report.value(one, SH.focusNode)} {report.value(one, SH.resultPath)}: {report.value(one, SH.resultMessage)}"
        for one in found
    )
