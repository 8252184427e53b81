import re

from documents import ROOT

from dzop.settings import Settings

ROW = re.compile(r"^\| `DZOP_(\w+)` \| ([^|]+) \| ", re.MULTILINE)


def default_of(name: str) -> str:
    default = Settings.model_fields[name].default
    return "none" if default is None else f"`{str(default).lower()}`"


def test_every_setting_is_on_its_page_with_its_default_and_nothing_else_is() -> None:
    documented = ROW.findall((ROOT / "docs" / "settings.md").read_text())
    assert {name.upper(): default_of(name) for name in Settings.model_fields} == dict(documented)
