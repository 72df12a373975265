"""The gateway's README against its code."""

from dataclasses import fields
from pathlib import Path

from gateway.receiving.refusals import Kind
from gateway.settings import GatewaySettings

README = (Path(__file__).parents[3] / "services/gateway/README.md").read_text(encoding="utf-8")


def test_every_refusal_is_documented_with_its_status() -> None:
    """An integrator finds each `type` in one table."""
    # Given every kind of refusal, when it is looked up, then it is there with its status
    for kind in Kind:
        name = kind.name.lower().replace("_", "-")
        assert f"| {kind.status} | `{name}` |" in README


def test_every_setting_is_documented_with_its_default() -> None:
    """An operator need not read the code."""
    # Given every setting, when it is looked up, then it is there with its default
    for setting in fields(GatewaySettings):
        assert f"`{setting.name.upper()}`" in README, setting.name
        if isinstance(setting.default, int):
            assert f"`{str(setting.default).lower()}`" in README, setting.name
