"""What import-linter cannot say about rooms: their anatomy, who may touch their inside, how their services look."""

import ast
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src"
ROOMS = SOURCE / "hefu" / "rooms"
NAMES = sorted(path.name for path in ROOMS.iterdir() if (path / "__init__.py").exists())

#: The eight files of a room; a long one may become a folder of the same name.
ANATOMY = {"terms", "errors", "decide", "access", "models", "queries", "services", "jobs"}
FURNITURE = {"__init__", "apps", "migrations", "locale", "__pycache__"}
#: What a room has beside that, each with its reason. A new line here needs a better one than "it was long".
EXTRA: dict[str, dict[str, str]] = {
    "catalog": {
        "attribute": "for whom a resource is held, read off its class code: no field that an entry states",
        "exporting": "the catalogue as files for others, read by the command, the page and the protocols",
        "importing": "files as other people write them; a front of its own before the services",
        "itemcodes": "short technical names are made for drafts, imports and mounts alike",
        "profiles": "codes and values as a guide or a province writes them: data with its reader",
        "rows": "between rows and the frozen content that decisions read, for services and queries alike",
        "searching": "the index of a host and what is asked of it, between queries and the floor of search",
        "snapshots": "the form of a version that is kept, carried and digested",
    },
    "deliveries": {
        "calling": "what the job of an alarm does: it speaks with a server of somebody else's",
        "carry": "what the job does: it drives the data plane between two services",
        "comparing": "what the job of a comparison does, as `carry` does for a delivery",
        "followers": "what the followers' process does: endless runs, shared out by lease",
    },
    "grants": {"mounts": "what grants ask of the rooms below, in one place"},
    "holdings": {
        "assemble": "what the job of a library does, as `carry` does for a run",
        "carry": "what the job does: it drives the data plane between two services",
        "sharing": "what a library may share on, which services and pages read alike",
    },
    "resources": {
        "lake": "where the node's lake lies, with the secret of its store",
        "looking": "live looks into places, which are reads of somebody else's database",
        "reaching": "the one way from a row to a real place, with its secret",
        "sketching": "what the job of a comparison of values reads of somebody else's database",
    },
    "upkeep": {"sealed": "the one way to the salt and the sketches of values, beside queries and services"},
}

#: What other rooms and surfaces may never import: they use services and queries.
INSIDE = ("models", "decide")

#: Services that do not take both `actor` and `clock`, each with its reason.
WITHOUT: dict[str, str] = {
    "catalog.carry_on": "the worker acts for the person whose seat the file keeps",
    "catalog.fetch_site": "the worker reads what is open to all, for the seat that the file keeps",
    "catalog.take_up_lost": "the platform itself acts, every ten seconds",
    "catalog.drop_search": "a person's own kept search goes, at no time that matters",
    "catalog.look_for_people": "the platform itself looks, with the eyes of whoever keeps the search",
    "catalog.note_use": "a count that follows what was announced, at no time that matters",
    "deliveries.take_up": "the worker reports; the platform itself acts",
    "deliveries.note_held": "the worker reports; the platform itself acts",
    "deliveries.note_progress": "the worker reports; the platform itself acts",
    "deliveries.stop_reason": "the worker asks whether to go on; nothing changes",
    "deliveries.settle_done": "the worker reports; the platform itself acts",
    "deliveries.rest_until": "the worker reports; the platform itself acts",
    "deliveries.hand_back": "the worker reports; the platform itself acts",
    "deliveries.settle_failure": "the worker reports; the platform itself acts",
    "deliveries.requeue_lost": "the platform itself acts, every few seconds",
    "deliveries.keep_rejects": "the worker reports; the platform itself acts",
    "deliveries.forget_rejects": "the worker begins anew; the platform itself acts",
    "deliveries.claim": "a process takes what nobody carries; the platform itself acts",
    "deliveries.settle_comparison": "the worker reports; the platform itself acts",
    "deliveries.settle_call": "the worker reports; the platform itself acts",
    "deliveries.sweep_calls": "the platform itself acts, every five minutes",
    "deliveries.take_call": "the worker reports; the platform itself acts",
    "deliveries.take_comparison": "the worker reports; the platform itself acts",
    "deliveries.due_drops": "a process takes what is to be dropped; the platform itself acts",
    "deliveries.due_looks": "a process takes what is to be looked at; the platform itself acts",
    "deliveries.comparison_stop_asked": "the worker asks whether to go on; nothing changes",
    "deliveries.start_due_comparisons": "the platform itself acts, every minute",
    "deliveries.start_due_joins": "the platform itself acts, every minute",
    "holdings.collections_follow": "the platform itself acts, when a holding was collected",
    "deliveries.give_up_comparisons": "the platform itself acts, every few minutes",
    "deliveries.give_sign": "a process reports; the platform itself acts",
    "deliveries.keep_slot": "a process reports; the platform itself acts",
    "deliveries.note_copied": "a process reports; the platform itself acts",
    "deliveries.note_drop_failed": "a process reports; the platform itself acts",
    "deliveries.note_dropped": "a process reports; the platform itself acts",
    "deliveries.note_following": "a process reports; the platform itself acts",
    "deliveries.note_rejected": "a process reports; the platform itself acts",
    "deliveries.note_slots": "a process reports; the platform itself acts",
    "deliveries.note_sound": "a process reports; the platform itself acts",
    "deliveries.settle_following": "a process reports; the platform itself acts",
    "deliveries.sign_off": "a process reports; the platform itself acts",
    "deliveries.sign_on": "a process reports; the platform itself acts",
    "deliveries.start_due": "the platform itself acts, every minute",
    "deliveries.watch_followers": "the platform itself acts, every few seconds",
    "deliveries.why_stop": "a process asks whether to go on; nothing changes",
    "deliveries.window_receipt_of": "a read that may sign; it takes the viewer",
    "deliveries.receipt_of": "a read that may sign; it takes the viewer",
    "evidence.record": "below every room: who and when are the entry's own `by` and `at`",
    "evidence.record_all": "below every room: who and when are the entries' own",
    "evidence.written": "below every room: who and when are the entry's own `by` and `at`",
    "evidence.sequence": "the platform itself acts, several times a second",
    "evidence.receipt_for": "a read that may sign; it takes the viewer",
    "evidence.plain_leaf": "a read that the receipt needs as well",
    "evidence.signer": "the node's own key, made when first asked for",
    "holdings.take_up": "the worker reports; the platform itself acts",
    "holdings.note_progress": "the worker reports; the platform itself acts",
    "holdings.stop_asked": "the worker asks whether to go on; nothing changes",
    "holdings.settle_done": "the worker reports; the platform itself acts",
    "holdings.settle_failure": "the worker reports; the platform itself acts",
    "holdings.requeue_lost": "the platform itself acts, every few seconds",
    "holdings.keep_rejects": "the worker reports; the platform itself acts",
    "holdings.forget_rejects": "the worker begins anew; the platform itself acts",
    "holdings.start_due": "the platform itself acts, every minute",
    "holdings.start_due_libraries": "the platform itself acts, every minute",
    "holdings.collected": "a listener; the platform itself acts",
    "holdings.take_up_library": "the worker reports; the platform itself acts",
    "holdings.settle_assembled": "the worker reports; the platform itself acts",
    "holdings.settle_not_assembled": "the worker reports; the platform itself acts",
    "holdings.requeue_lost_libraries": "the platform itself acts, every few seconds",
    "holdings.thin_out": "the platform itself acts, every night, by the rule that each holding has",
    "holdings.passing_of": "a read for a running delivery; it refuses everybody but the platform",
    "holdings.receipt_of": "a read that may sign; it takes the viewer",
    "parties.choose_language": "a person's own choice, at no time that matters",
}


def modules_of(room: str) -> set[str]:
    return {path.stem for path in (ROOMS / room).iterdir() if path.name not in FURNITURE}


@pytest.mark.parametrize("room", NAMES)
def test_a_room_holds_its_eight_files_and_what_it_gave_a_reason_for(room: str) -> None:
    assert modules_of(room) - FURNITURE - ANATOMY == set(EXTRA.get(room, {}))


def test_nobody_outside_a_room_imports_its_models_or_its_decisions() -> None:
    graph = grimp.build_graph("hefu", exclude_type_checking_imports=True, cache_dir=None)
    trespasses = []
    for room in NAMES:
        own = f"hefu.rooms.{room}"
        for part in INSIDE:
            inside = {module for module in graph.modules if f"{module}.".startswith(f"{own}.{part}.")}
            for module in inside:
                importers = graph.find_modules_that_directly_import(module)
                trespasses += [f"{who} imports {module}" for who in importers if not f"{who}.".startswith(f"{own}.")]
    assert sorted(trespasses) == []


def functions(file: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            yield node


def offered_by(package: Path) -> set[str]:
    for node in ast.parse(package.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "__all__":
            return set(ast.literal_eval(node.value))
    raise AssertionError(f"{package} does not say what it offers")


def services() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Yield every public service with its name, such as `parties.found_department`.

    Of a folder of services, those are public that its `__init__` offers.
    """
    for room in NAMES:
        folder = ROOMS / room / "services"
        if folder.is_dir():
            offered = offered_by(folder / "__init__.py")
            found = {node.name: node for file in sorted(folder.glob("*.py")) for node in functions(file)}
            yield from ((f"{room}.{name}", found[name]) for name in sorted(offered & set(found)))
        elif folder.with_suffix(".py").exists():
            public = (node for node in functions(folder.with_suffix(".py")) if not node.name.startswith("_"))
            yield from ((f"{room}.{node.name}", node) for node in public)


def untold(node: ast.FunctionDef) -> bool:
    """Return whether a service takes something by position, or is not told who acts and what time it is."""
    if node.name.startswith("on_"):
        return False  # a listener takes the event alone: who and when stand in it
    given = {argument.arg for argument in node.args.kwonlyargs}
    return bool(node.args.args or node.args.posonlyargs) or not {"actor", "clock"} <= given


def test_every_service_is_keyword_only_and_is_told_who_acts_and_what_time_it_is() -> None:
    assert sorted(name for name, node in services() if untold(node) and name not in WITHOUT) == []


def test_no_service_is_excused_that_needs_no_excuse() -> None:
    assert set(WITHOUT) - {name for name, node in services() if untold(node)} == set()
