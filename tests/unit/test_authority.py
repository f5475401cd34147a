"""The machine's own authority: its certificates verify, last, and nobody else reads its keys."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from daira.local import authority
from daira.local.machine import Machine

NAMES = ["staging.daira.dev", "daira.dev", "localhost", "127.0.0.1", "198.18.0.3"]
NOW = dt.datetime.now(dt.UTC)


def _load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _subject(name: str) -> x509.DNSName | x509.IPAddress:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _verify(chain: Path, trusted: Path, name: str, at: dt.datetime = NOW) -> None:
    verifier = PolicyBuilder().store(Store([_load(trusted)])).time(at).build_server_verifier(_subject(name))
    verifier.verify(_load(chain), [])


def _other_machine(machine: Machine, tmp_path: Path) -> Machine:
    other = Machine(machine.root, tmp_path / "other" / "state", tmp_path / "other" / "cache", machine.progress)
    other.state.mkdir(parents=True)
    other.cache.mkdir()
    return other


def _at(monkeypatch: pytest.MonkeyPatch, **later: int) -> dt.datetime:
    moment = NOW + dt.timedelta(**later)
    monkeypatch.setattr(authority, "_now", lambda: moment)
    return moment


def test_the_certificate_verifies_for_each_name(machine: Machine) -> None:
    issued = authority.issue(machine, NAMES)
    for name in NAMES:
        _verify(issued.chain, issued.authority, name)


@pytest.mark.parametrize("name", ["evil.example", "sub.staging.daira.dev", "198.18.0.4"])
def test_it_verifies_for_no_other_name(machine: Machine, name: str) -> None:
    issued = authority.issue(machine, NAMES)
    with pytest.raises(VerificationError):
        _verify(issued.chain, issued.authority, name)


def test_another_machines_authority_does_not_vouch_for_it(machine: Machine, tmp_path: Path) -> None:
    issued = authority.issue(machine, NAMES)
    foreign = authority.issue(_other_machine(machine, tmp_path), NAMES)
    with pytest.raises(VerificationError):
        _verify(issued.chain, foreign.authority, NAMES[0])


def test_chain_and_key_belong_together(machine: Machine) -> None:
    issued = authority.issue(machine, NAMES)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(issued.chain, issued.key)
    key = serialization.load_pem_private_key(issued.key.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert isinstance(key.curve, ec.SECP256R1)


def test_the_served_certificate_cannot_sign_others(machine: Machine) -> None:
    issued = authority.issue(machine, NAMES)
    leaf, trusted = _load(issued.chain), _load(issued.authority)
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert not leaf.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    basic = trusted.extensions.get_extension_for_class(x509.BasicConstraints)
    assert basic.critical
    assert (basic.value.ca, basic.value.path_length) == (True, 0)


def test_a_second_run_keeps_every_byte(machine: Machine) -> None:
    first = authority.issue(machine, NAMES)
    before = [path.read_bytes() for path in (first.chain, first.key, first.authority)]
    again = authority.issue(machine, list(NAMES))
    assert [path.read_bytes() for path in (again.chain, again.key, again.authority)] == before


def test_the_public_half_comes_back_into_a_new_clone(machine: Machine) -> None:
    issued = authority.issue(machine, NAMES)
    before = issued.authority.read_bytes()
    issued.authority.unlink()
    assert authority.issue(machine, NAMES).authority.read_bytes() == before


@pytest.mark.parametrize("names", [NAMES[:-1], [*NAMES, "198.18.0.9"], [*NAMES[:-1], "198.18.0.9"]])
def test_other_names_renew_it_under_the_same_authority(machine: Machine, names: list[str]) -> None:
    first = authority.issue(machine, NAMES)
    before, trusted = first.chain.read_bytes(), first.authority.read_bytes()
    second = authority.issue(machine, names)
    assert second.chain.read_bytes() != before
    assert second.authority.read_bytes() == trusted
    for name in names:
        _verify(second.chain, second.authority, name)


@pytest.mark.parametrize(
    ("days", "renewed"),
    [(0, False), (authority.LEAF_DAYS - authority.RENEW_DAYS - 1, False), (authority.LEAF_DAYS - 29, True)],
)
def test_it_is_renewed_before_it_runs_out(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, days: int, renewed: bool
) -> None:
    _at(monkeypatch)
    first = authority.issue(machine, NAMES)
    before, trusted = first.chain.read_bytes(), first.authority.read_bytes()
    later = _at(monkeypatch, days=days)
    second = authority.issue(machine, NAMES)
    assert (second.chain.read_bytes() != before) is renewed
    assert second.authority.read_bytes() == trusted
    _verify(second.chain, second.authority, NAMES[0], later)


def test_an_authority_that_would_not_outlast_a_certificate_is_replaced(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _at(monkeypatch)
    trusted = authority.issue(machine, NAMES).authority.read_bytes()
    later = _at(monkeypatch, days=authority.CA_DAYS - authority.LEAF_DAYS + 1)
    issued = authority.issue(machine, NAMES)
    assert issued.authority.read_bytes() != trusted
    _verify(issued.chain, issued.authority, NAMES[0], later)
    assert _load(issued.chain).not_valid_after_utc < _load(issued.authority).not_valid_after_utc


def test_a_lost_authority_takes_its_certificate_along(machine: Machine) -> None:
    first = authority.issue(machine, NAMES)
    before = first.chain.read_bytes()
    (machine.cache / "authority" / "ca.key").unlink()
    second = authority.issue(machine, NAMES)
    assert second.chain.read_bytes() != before
    _verify(second.chain, second.authority, NAMES[0])


@pytest.mark.parametrize("file", ["tls.crt", "tls.key"])
def test_a_lost_file_is_made_again(machine: Machine, file: str) -> None:
    issued = authority.issue(machine, NAMES)
    (machine.cache / "authority" / file).unlink()
    authority.issue(machine, NAMES)
    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(issued.chain, issued.key)


def test_only_the_owner_reads_keys_even_while_they_are_written(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    born: dict[str, int] = {}
    real = os.open

    def watch(path: Path, flags: int, mode: int = 0o777) -> int:
        handle = real(path, flags, mode)
        born[Path(path).name] = stat.S_IMODE(os.fstat(handle).st_mode)
        return handle

    monkeypatch.setattr(os, "open", watch)
    previous = os.umask(0)
    try:
        issued = authority.issue(machine, NAMES)
    finally:
        os.umask(previous)
    assert born["tls.key.part"] == born["ca.key.part"] == 0o600
    for key in (issued.key, machine.cache / "authority" / "ca.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(issued.authority.stat().st_mode) == 0o644


def test_no_private_key_is_in_the_state_folder(machine: Machine) -> None:
    authority.issue(machine, NAMES)
    assert [path.name for path in machine.state.iterdir()] == ["ca.crt"]
    assert b"PRIVATE" not in (machine.state / "ca.crt").read_bytes()
