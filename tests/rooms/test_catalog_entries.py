"""The catalogue room: drafts, review by the authority, versions, who sees what."""

import dataclasses
from datetime import date

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from hefu.kernel import events
from hefu.kernel.actor import Role
from hefu.kernel.clock import at_noon
from hefu.kernel.refusal import Forbidden, InputsRejected, NotFound
from hefu.rooms.catalog import errors, queries, services, terms
from hefu.rooms.catalog.models import Entry, EntryVersion, Item
from hefu.rooms.catalog.terms import BasisKind, Content, ItemContent, ItemType, Secrecy, ShareType, Status, Verdict
from hefu.rooms.clocks import queries as clocks
from hefu.rooms.evidence.queries import history
from tests.builders import (
    NOON,
    SYSTEM,
    a_content,
    a_department,
    a_draft,
    an_actor,
    an_entry,
    publish,
    the_authority,
)

pytestmark = pytest.mark.django_db


def the_reviewer() -> object:
    return an_actor(the_authority(), Role.REVIEWER)


def kinds(entry: Entry) -> list[str]:
    """Return what evidence tells of the entry itself, in order; its clocks are told of elsewhere."""
    told = [line.kind.partition(".") for line in history(entry.code, viewer=SYSTEM)]
    return [end for begin, _dot, end in told if begin == "entry"]


class TestDrafting:
    def test_a_draft_may_be_unfinished_and_gets_its_code(self) -> None:
        office = a_department()
        first, second = (
            services.draft_entry(
                provider_id=office.pk,
                content=Content(name=name, class_code="30601001"),
                actor=an_actor(office),
                clock=NOON,
            )
            for name in ("甲", "乙")
        )
        assert (first.code, second.code) == ("30601001/000001", "30601001/000002")
        assert "share_type" in first.gaps

    def test_items_without_a_code_get_the_initials_of_their_name(self) -> None:
        row = a_draft(items=(ItemContent("法定代表人"), ItemContent("法定代表"), ItemContent("法定代比", "fddb_2")))
        assert [item.code for item in queries.items_of(row)] == ["fddbr", "fddb", "fddb_2"]

    def test_what_is_secret_does_not_get_in(self) -> None:
        for secrecy in (Secrecy.STATE_SECRET, Secrecy.WORK_SECRET):
            with pytest.raises(errors.SecretRefused, match=r"decree 809 art\. 3"):
                a_draft(secrecy=secrecy)
        assert not Entry.objects.exists()

    @pytest.mark.parametrize("kind", sorted(BasisKind))
    def test_only_what_the_law_of_the_day_names_keeps_data_back(self, kind: BasisKind) -> None:
        kept = {"noshare_reason": "部门规定", "basis_kind": kind, "basis_title": "某文件", "basis_article": "第九条"}
        if kind in (BasisKind.LAW, BasisKind.ADMINISTRATIVE_REGULATION, BasisKind.STATE_COUNCIL_DECISION):
            assert publish(a_draft(share_type=ShareType.NONE, **kept)).status == Status.PUBLISHED
            return
        with pytest.raises(errors.BasisNotEnough, match="某文件") as caught:
            a_draft(share_type=ShareType.NONE, **kept)
        assert (caught.value.citation.document, caught.value.citation.article) == ("decree-809", "15")

    def test_an_older_law_is_asked_for_an_older_day(self) -> None:
        office = a_department(place="440300")
        content = a_content(
            share_type=ShareType.NONE,
            noshare_reason="条例禁止",
            basis_kind=BasisKind.LOCAL_REGULATION,
            basis_title="某经济特区条例",
            basis_article="第九条",
        )
        told = {"provider_id": office.pk, "content": content, "actor": an_actor(office)}
        assert services.draft_entry(**told, clock=at_noon(date(2024, 5, 6))).code
        with pytest.raises(errors.BasisNotEnough):
            services.draft_entry(**told, clock=at_noon(date(2025, 8, 1)))

    def test_an_item_kept_back_needs_the_same_basis(self) -> None:
        kept = ItemContent("健康状况", "health", ItemType.TEXT, 20, share_type=ShareType.NONE)
        with pytest.raises(errors.BasisNotEnough):
            a_draft(items=(kept,), basis_kind=BasisKind.LOCAL_RULE, basis_title="办法")

    def test_a_wrong_form_is_named_at_once(self) -> None:
        with pytest.raises(InputsRejected) as caught:
            a_draft(name=" ", class_code="9", items=(ItemContent("甲"), ItemContent("甲 ")))
        assert set(caught.value.problems) == {"name", "class_code", "items"}

    def test_rewriting_keeps_the_items_that_go_on(self) -> None:
        row = a_draft()
        before = {item.code: item.pk for item in queries.items_of(row)}
        content = queries.content_of(row)
        renamed = dataclasses.replace(content.items[1], name="姓名全称", code="full_name")
        content = dataclasses.replace(content, items=(renamed, content.items[0], ItemContent("性别", "sex")))
        services.change_entry(entry_id=row.pk, content=content, actor=an_actor(row.provider), clock=NOON)
        after = {item.code: item.pk for item in queries.items_of(queries.entry(row.code, viewer=SYSTEM))}
        assert list(after) == ["full_name", "id_number", "sex"]
        assert after["full_name"] == before["name"]
        assert after["id_number"] == before["id_number"]

    def test_a_new_class_gives_a_draft_a_new_code_and_a_published_entry_a_refusal(self) -> None:
        row = a_draft()
        moved = dataclasses.replace(queries.content_of(row), class_code="306")
        row = services.change_entry(entry_id=row.pk, content=moved, actor=an_actor(row.provider), clock=NOON)
        assert row.code.startswith("306/")
        publish(row)
        with pytest.raises(InputsRejected, match="class_code"):
            services.change_entry(
                entry_id=row.pk,
                content=dataclasses.replace(moved, class_code="1"),
                actor=an_actor(row.provider),
                clock=NOON,
            )

    def test_only_its_own_department_writes(self) -> None:
        office, other = a_department(), a_department()
        for actor in (an_actor(other), an_actor(office, Role.OPERATOR), the_reviewer()):
            with pytest.raises(Forbidden):
                services.draft_entry(provider_id=office.pk, content=a_content(), actor=actor, clock=NOON)

    def test_a_dropped_draft_is_gone_and_on_record(self) -> None:
        row = a_draft()
        services.drop_draft(entry_id=row.pk, actor=an_actor(row.provider), clock=NOON)
        assert not Entry.objects.filter(pk=row.pk).exists()
        assert kinds(row) == ["drafted", "dropped"]


class TestReview:
    def test_everything_missing_is_named_at_once(self) -> None:
        office = a_department()
        row = services.draft_entry(
            provider_id=office.pk,
            content=Content(name="人口", share_type=ShareType.CONDITIONAL),
            actor=an_actor(office),
            clock=NOON,
        )
        with pytest.raises(errors.EntryIncomplete) as caught:
            services.submit_entry(entry_id=row.pk, actor=an_actor(office, Role.CHIEF), clock=NOON)
        assert set(caught.value.problems) == set(row.gaps)
        assert {"abstract", "share_condition", "share_scope", "assessed_on", "items"} <= set(row.gaps)

    def test_the_chief_signs_off_and_the_officer_cannot(self) -> None:
        row = a_draft()
        with pytest.raises(Forbidden):
            services.submit_entry(entry_id=row.pk, actor=an_actor(row.provider), clock=NOON)
        chief = an_actor(row.provider, Role.CHIEF)
        sent = services.submit_entry(entry_id=row.pk, actor=chief, clock=NOON)
        assert (sent.status, sent.signed_by, sent.signed_for) == (Status.IN_REVIEW, chief.id, row.provider_id)
        with pytest.raises(errors.NotWritable):
            services.change_entry(entry_id=row.pk, content=a_content(), actor=chief, clock=NOON)

    def test_the_reviewer_approves_and_a_version_is_frozen(self) -> None:
        entry = an_entry()
        assert (entry.status, entry.version, entry.gaps) == (Status.PUBLISHED, 1, [])
        (version,) = queries.versions(queries.entry(entry.pk, viewer=SYSTEM))
        assert version.snapshot["name"] == entry.name
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            EntryVersion.objects.filter(pk=version.pk).update(number=9)

    def test_a_return_needs_reasons_and_comes_back_corrected(self) -> None:
        row = a_draft()
        chief = an_actor(row.provider, Role.CHIEF)
        services.submit_entry(entry_id=row.pk, actor=chief, clock=NOON)
        reviewer = the_reviewer()
        with pytest.raises(errors.ReasonsNeeded):
            services.review_entry(entry_id=row.pk, verdict=Verdict.RETURN, reasons=" ", actor=reviewer, clock=NOON)
        back = services.review_entry(
            entry_id=row.pk, verdict=Verdict.RETURN, reasons="共享范围过窄", actor=reviewer, clock=NOON
        )
        assert (back.status, back.reasons) == (Status.RETURNED, "共享范围过窄")
        assert publish(back).status == Status.PUBLISHED
        assert kinds(row) == ["drafted", "submitted", "returned", "submitted", "published"]

    def test_the_evidence_run_through_the_moves_ends_where_the_row_is(self) -> None:
        entry = an_entry()
        services.withdraw_entry(entry_id=entry.pk, reason="职责划转", actor=the_reviewer(), clock=NOON)
        status = Status.DRAFT
        to = {"submitted": Status.IN_REVIEW, "published": Status.PUBLISHED, "withdrawn": Status.WITHDRAWN}
        for kind in kinds(entry)[1:]:
            wanted = to[kind]
            assert wanted in terms.MOVES[status]
            status = wanted
        entry.refresh_from_db()
        assert entry.status == status

    def test_nobody_approves_what_they_wrote_or_signed(self) -> None:
        authority = the_authority()
        both = an_actor(authority, Role.OFFICER, Role.CHIEF, Role.REVIEWER)
        row = services.draft_entry(provider_id=authority.pk, content=a_content(), actor=both, clock=NOON)
        services.submit_entry(entry_id=row.pk, actor=an_actor(authority, Role.CHIEF), clock=NOON)
        with pytest.raises(errors.OwnWork):
            services.review_entry(entry_id=row.pk, verdict=Verdict.APPROVE, actor=both, clock=NOON)
        done = services.review_entry(entry_id=row.pk, verdict=Verdict.APPROVE, actor=the_reviewer(), clock=NOON)
        assert done.status == Status.PUBLISHED

    def test_the_authority_has_two_working_days(self) -> None:
        authority = the_authority()
        row = a_draft()
        friday = at_noon(date(2026, 3, 13))
        services.submit_entry(entry_id=row.pk, actor=an_actor(row.provider, Role.CHIEF), clock=friday)
        viewer = an_actor(authority, Role.REVIEWER)
        (running,) = clocks.clocks_of(row.code, viewer=viewer)
        assert (running.responsible_id, running.due_on) == (authority.pk, date(2026, 3, 17))
        services.review_entry(entry_id=row.pk, verdict=Verdict.APPROVE, actor=viewer, clock=friday)
        (closed,) = clocks.clocks_of(row.code, viewer=viewer)
        assert closed.state == "met"

    def test_only_the_authority_reviews(self) -> None:
        row = a_draft()
        chief = an_actor(row.provider, Role.CHIEF)
        services.submit_entry(entry_id=row.pk, actor=chief, clock=NOON)
        with pytest.raises(Forbidden):
            services.review_entry(entry_id=row.pk, verdict=Verdict.APPROVE, actor=chief, clock=NOON)

    def test_two_entries_of_one_department_cannot_differ_by_punctuation_alone(self) -> None:
        entry = an_entry(name="企业登记（基本信息）")
        twin = a_draft(entry.provider, name="企业登记 (基本信息)")
        with pytest.raises(errors.EntryIncomplete) as caught:
            publish(twin)
        assert "Another entry" in caught.value.problems["name"]

    def test_the_database_itself_refuses_an_entry_in_force_that_nobody_signed(self) -> None:
        row = a_draft()
        with pytest.raises(IntegrityError, match="entry_in_force_is_signed"), transaction.atomic():
            Entry.objects.filter(pk=row.pk).update(status=Status.PUBLISHED, version=1, published_at=NOON.now())

    def test_the_database_itself_refuses_not_shared_without_a_basis(self) -> None:
        entry = an_entry()
        with pytest.raises(IntegrityError, match="entry_not_shared_has_basis"), transaction.atomic():
            Entry.objects.filter(pk=entry.pk).update(share_type=ShareType.NONE)


class TestChanges:
    def test_the_old_version_stays_in_force_until_the_change_is_published(self) -> None:
        entry = an_entry()
        old_items = {item.code: item.pk for item in queries.items_of(entry)}
        content = queries.content_of(entry)
        new = dataclasses.replace(
            content, abstract="新摘要", items=(*content.items, ItemContent("性别", "sex", ItemType.TEXT, 1))
        )
        change = services.change_entry(entry_id=entry.pk, content=new, actor=an_actor(entry.provider), clock=NOON)
        assert change.pk != entry.pk
        assert change.code == entry.code
        in_force = queries.entry(entry.code, viewer=an_actor(a_department()))
        assert in_force.abstract == content.abstract
        told = {(d.field, d.item) for d in queries.proposed_difference(change.pk, viewer=an_actor(entry.provider))}
        assert told == {("abstract", ""), ("item", "性别")}

        done = publish(change)
        assert (done.pk, done.version, done.abstract) == (entry.pk, 2, "新摘要")
        assert not Entry.objects.filter(changes_to=entry).exists()
        kept = {item.code: item.pk for item in queries.items_of(queries.entry(entry.code, viewer=SYSTEM))}
        assert kept | old_items == kept
        (first, second) = queries.difference(entry.pk, 1, 2, viewer=SYSTEM)
        assert (first.field, first.new) == ("abstract", "新摘要")
        assert (second.field, second.new) == ("item", "性别")

    def test_an_entry_has_one_open_change(self) -> None:
        entry = an_entry()
        officer = an_actor(entry.provider)
        content = queries.content_of(entry)
        once = services.change_entry(
            entry_id=entry.pk, content=dataclasses.replace(content, abstract="一"), actor=officer, clock=NOON
        )
        twice = services.change_entry(
            entry_id=entry.pk, content=dataclasses.replace(content, abstract="二"), actor=officer, clock=NOON
        )
        assert once.pk == twice.pk
        assert queries.change_of(entry.pk, viewer=officer).abstract == "二"
        assert queries.change_of(entry.pk, viewer=an_actor(a_department())) is None

    def test_items_added_in_a_change_keep_their_id_when_it_is_published(self) -> None:
        entry = an_entry()
        content = queries.content_of(entry)
        new = dataclasses.replace(content, items=(*content.items, ItemContent("民族", "nation", ItemType.TEXT, 10)))
        change = services.change_entry(entry_id=entry.pk, content=new, actor=an_actor(entry.provider), clock=NOON)
        in_change = queries.content_of(change).items[-1].id
        publish(change)
        assert Item.objects.get(entry=entry, code="nation").pk == in_change

    def test_a_change_of_the_terms_of_sharing_is_announced(self) -> None:
        heard: list[object] = []
        events.wire(
            {kind: [heard.append] for kind in (terms.EntryPublished, terms.ShareTypeChanged, terms.EntryWithdrawn)}
        )
        try:
            entry = an_entry()
            freer = dataclasses.replace(queries.content_of(entry), share_type=ShareType.UNCONDITIONAL)
            publish(services.change_entry(entry_id=entry.pk, content=freer, actor=an_actor(entry.provider), clock=NOON))
            services.withdraw_entry(entry_id=entry.pk, reason="系统停用", actor=the_reviewer(), clock=NOON)
        finally:
            events.wire({})
        kinds = [type(event).__name__ for event in heard]
        assert kinds == ["EntryPublished", "EntryPublished", "ShareTypeChanged", "EntryWithdrawn"]
        assert (heard[2].old, heard[2].new) == (ShareType.CONDITIONAL, ShareType.UNCONDITIONAL)

    def test_withdrawal_needs_a_reason_drops_the_change_and_leaves_the_versions_readable(self) -> None:
        entry = an_entry()
        services.change_entry(
            entry_id=entry.pk,
            content=dataclasses.replace(queries.content_of(entry), abstract="x"),
            actor=an_actor(entry.provider),
            clock=NOON,
        )
        chief = an_actor(entry.provider, Role.CHIEF)
        with pytest.raises(errors.ReasonsNeeded):
            services.withdraw_entry(entry_id=entry.pk, reason=" ", actor=chief, clock=NOON)
        services.withdraw_entry(entry_id=entry.pk, reason="数据停止采集", actor=chief, clock=NOON)
        outsider = an_actor(a_department())
        assert queries.entry(entry.code, viewer=outsider).reasons == "数据停止采集"
        assert not queries.published(viewer=outsider).exists()
        assert queries.version(entry.pk, 1, viewer=outsider).name == entry.name
        assert not Entry.objects.filter(changes_to=entry).exists()


class TestWhoSees:
    def test_everybody_with_a_seat_sees_what_is_published(self) -> None:
        entry = an_entry()
        for role in (Role.OFFICER, Role.CHIEF, Role.OPERATOR, Role.SECURITY, Role.AUDITOR):
            assert queries.published(viewer=an_actor(a_department(), role)).get().pk == entry.pk

    def test_drafts_are_seen_by_their_department_and_the_authority_alone(self) -> None:
        row = a_draft()
        for viewer in (an_actor(row.provider), the_reviewer(), an_actor(a_department(), Role.AUDITOR)):
            assert queries.entry(row.pk, viewer=viewer).pk == row.pk
        for viewer in (an_actor(a_department()), an_actor(row.provider, Role.OPERATOR)):
            with pytest.raises(NotFound):
                queries.entry(row.pk, viewer=viewer)
            with pytest.raises(NotFound):
                queries.entry(row.code, viewer=viewer)
            with pytest.raises(NotFound):
                services.submit_entry(entry_id=row.pk, actor=viewer, clock=NOON)
            assert not queries.entries(viewer=viewer).exists()

    def test_who_has_no_seat_sees_nothing(self) -> None:
        an_entry()
        nobody = dataclasses.replace(an_actor(a_department()), roles=frozenset(), department_id=None)
        assert not queries.published(viewer=nobody).exists()

    def test_the_review_queue_is_the_authoritys(self) -> None:
        row = a_draft()
        services.submit_entry(entry_id=row.pk, actor=an_actor(row.provider, Role.CHIEF), clock=NOON)
        assert queries.to_review(viewer=the_reviewer()).get().pk == row.pk
        assert not queries.to_review(viewer=an_actor(row.provider, Role.CHIEF)).exists()


class TestLists:
    def test_search_finds_name_abstract_items_and_provider(self) -> None:
        office = a_department("市不动产登记中心")
        entry = an_entry(
            office, name="房屋产权", abstract="含抵押", items=(ItemContent("权证号", "deed", ItemType.TEXT, 30),)
        )
        an_entry()
        viewer = an_actor(a_department())
        for words in ("房屋", "抵押", "权证", "DEED", "不动产 产权", entry.code):
            assert [row.pk for row in queries.published(viewer=viewer, search=words)] == [entry.pk], words
        assert not queries.published(viewer=viewer, search="房屋 没有").exists()

    def test_filters_and_facets_agree(self) -> None:
        office = a_department()
        for kind in (ShareType.UNCONDITIONAL, ShareType.CONDITIONAL, ShareType.CONDITIONAL):
            an_entry(office, share_type=kind)
        an_entry(channels=(terms.Channel.INTERFACE,))
        viewer = an_actor(a_department())
        found = queries.published(viewer=viewer)
        counted = queries.facets(found)
        for facet in counted["share_type"]:
            assert queries.published(viewer=viewer, share_type=facet.value).count() == facet.count
        for facet in counted["channel"]:
            assert queries.published(viewer=viewer, channel=facet.value).count() == facet.count
        assert next((f.label, f.count) for f in counted["provider"]) == (office.name, 3)
        assert not queries.published(viewer=viewer, provider_id="not an id").exists()

    def test_a_day_of_assessment_survives_the_snapshot(self) -> None:
        entry = an_entry(assessed_on=date(2026, 2, 27))
        assert queries.version(entry.pk, 1, viewer=SYSTEM) == queries.content_of(entry)
