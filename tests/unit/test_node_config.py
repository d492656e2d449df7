"""Settings: read once, from the environment before the file, and refused with the reason."""

import base64
import stat
from pathlib import Path

import pytest

from hefu.node.config import Config, load, settings
from hefu.node.errors import SettingRejected
from hefu.node.postgres import Cluster

KEY = base64.b64encode(bytes(range(32))).decode()


def config(home: Path, **environ: str) -> Config:
    return load({"HEFU_HOME": str(home), **environ})


def with_file(home: Path, text: str) -> Path:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(text, encoding="utf-8")
    return home


def test_nothing_set_means_the_embedded_database_and_a_home_below_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = load({})
    assert found.home == tmp_path / "hefu-home"
    assert found.embedded
    assert (found.host, found.port, found.https) == ("127.0.0.1", 8000, False)


def test_reading_the_settings_makes_nothing(tmp_path: Path) -> None:
    assert config(tmp_path / "new").database["NAME"] == "hefu"
    assert not (tmp_path / "new").exists()


def test_the_environment_wins_over_the_file_and_an_empty_value_counts_as_not_set(tmp_path: Path) -> None:
    home = with_file(tmp_path, 'port = 8100\nnode_name = "川东"\nhttps = true\nallowed_hosts = ["a.cn", "b.cn"]\n')
    found = config(home, HEFU_PORT="8200", HEFU_NODE_NAME="")
    assert (found.port, found.node_name, found.https) == (8200, "川东", True)
    assert found.allowed_hosts == ("a.cn", "b.cn")


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("HEFU_PORT", "eighty", "invalid literal"),
        ("HEFU_PORT", "0", "from 1 to 65535"),
        ("HEFU_PORT", "65536", "from 1 to 65535"),
        ("HEFU_WEB_WORKERS", "0", "at least 1"),
        ("HEFU_HTTPS", "perhaps", "expected yes or no"),
        ("HEFU_PLACE", "51170", "not a division code"),
        ("HEFU_DATABASE_URL", "mysql://x/y", "not an address like postgresql://"),
        ("HEFU_DATABASE_URL", "postgresql://u:p@h", "names no database"),
        ("HEFU_MASTER_KEY", "short", "not 32 bytes"),
        ("HEFU_SPARK", "http://spark:15002", "sc://spark"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_the_reason(
    tmp_path: Path, name: str, value: str, reason: str
) -> None:
    with pytest.raises(SettingRejected, match=f"The setting {name} cannot be used: .*{reason}"):
        config(tmp_path, **{name: value})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 8100\n", "The setting prot cannot be used: no such setting"),
        ("port 8100\n", r"config\.toml cannot be used"),
        (f'master_key = "{KEY}"\n', "keys never stand in config.toml"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingRejected, match=said):
        config(with_file(tmp_path, text))


def test_a_refused_address_does_not_show_its_password(tmp_path: Path) -> None:
    with pytest.raises(SettingRejected) as refused:
        config(tmp_path, HEFU_DATABASE_URL="mysql://hefu:s3cret@db/x")
    assert "s3cret" not in str(refused.value)


def test_secrets_do_not_show_when_a_configuration_is_printed(tmp_path: Path) -> None:
    found = config(tmp_path, HEFU_DATABASE_URL="postgresql://hefu:s3cret@db/x", HEFU_MASTER_KEY=KEY)
    assert "s3cret" not in repr(found)
    assert "s3cret" not in repr(config(tmp_path, HEFU_SPARK="sc://spark/;token=s3cret"))
    assert "\\x00\\x01" not in repr(found)


def test_an_address_becomes_djangos_settings(tmp_path: Path) -> None:
    url = "postgresql://hefu:s%40cret@db.example:5433/share?sslmode=verify-full"
    assert config(tmp_path, HEFU_DATABASE_URL=url).database == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "share",
        "USER": "hefu",
        "PASSWORD": "s@cret",
        "HOST": "db.example",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "verify-full"},
    }


def test_the_embedded_databases_address_is_its_socket_and_password(tmp_path: Path) -> None:
    found = config(tmp_path)
    found.places.make()
    (found.places.secrets / "database-hefu.password").write_text("p/w\n")
    assert found.address() == Cluster(found.places.database, found.places.secrets).url()
    assert found.database["PASSWORD"] == "p/w"
    assert found.database["HOST"] == str(tmp_path / "database" / "run")


def test_the_master_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    key = config(tmp_path).master_key()
    file = tmp_path / "secrets" / "master.key"
    assert len(key) == 32
    assert config(tmp_path).master_key() == key
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_a_given_master_key_leaves_no_file(tmp_path: Path) -> None:
    assert config(tmp_path, HEFU_MASTER_KEY=KEY).master_key() == bytes(range(32))
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_master_key_is_refused_and_never_replaced(tmp_path: Path) -> None:
    found = config(tmp_path)
    found.master_key()
    found.places.master_key.write_text("gnawed\n")
    with pytest.raises(SettingRejected, match=r"master\.key cannot be used: not 32 bytes"):
        found.master_key()
    assert found.places.master_key.read_text() == "gnawed\n"


def test_derived_secrets_differ_by_purpose_and_key_and_stay_the_same(tmp_path: Path) -> None:
    found = config(tmp_path, HEFU_MASTER_KEY=KEY)
    other = config(tmp_path, HEFU_MASTER_KEY=base64.b64encode(bytes(32)).decode())
    assert found.derived_secret("django") == config(tmp_path, HEFU_MASTER_KEY=KEY).derived_secret("django")
    secrets = {found.derived_secret("django"), found.derived_secret("other"), other.derived_secret("django")}
    assert len(secrets) == 3


STORE = {
    "HEFU_LAKE": "s3://government-lake/node/one/",
    "HEFU_LAKE_ENDPOINT": "https://store.example",
    "HEFU_LAKE_ACCESS_KEY": "reader",
    "HEFU_LAKE_SECRET_KEY": "a secret",
}


def test_a_lake_in_a_store_is_stated_whole_or_not_at_all_and_its_secret_key_is_nowhere_shown(tmp_path: Path) -> None:
    assert config(tmp_path).lake_place() is None
    found = config(tmp_path, **STORE)
    place = found.lake_place()
    assert place is not None
    assert (place.host, place.port, place.encrypted) == ("store.example", 443, True)
    assert (place.bucket, place.folder, place.secret_key) == ("government-lake", "/node/one", "a secret")
    assert "a secret" not in repr(found) + repr(place)
    for name in ("HEFU_LAKE_ENDPOINT", "HEFU_LAKE_ACCESS_KEY", "HEFU_LAKE_SECRET_KEY"):
        with pytest.raises(SettingRejected, match=name):
            config(tmp_path, **{one: said for one, said in STORE.items() if one != name})
    for name, wrong in (("HEFU_LAKE", "s3://a b/c"), ("HEFU_LAKE_ENDPOINT", "https://me:key@store.example")):
        with pytest.raises(SettingRejected, match=name) as refused:
            config(tmp_path, **STORE | {name: wrong})
        assert "me:key" not in str(refused.value)
    (tmp_path / "config.toml").write_text('lake_secret_key = "a secret"\n')
    with pytest.raises(SettingRejected, match="HEFU_LAKE_SECRET_KEY"):
        config(tmp_path, **STORE)


def test_every_setting_says_what_it_means() -> None:
    for _field, facts, _default in settings():
        assert facts["name"].startswith("HEFU_")
        assert facts["meaning"].endswith((".", ")"))
