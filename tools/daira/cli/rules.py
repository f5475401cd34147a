"""`daira rules` and `daira explain`: which rules there are, and what each of them means; both work offline."""

from __future__ import annotations

import json

import click

from daira.errors import UsageError


@click.command()
@click.option(
    "--select", multiple=True, metavar="RULE|GROUP", help="Only these; repeatable, commas and globs are fine."
)
@click.option("--ignore", multiple=True, metavar="RULE|GROUP", help="Not these rules; repeatable.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def rules(select: tuple[str, ...], ignore: tuple[str, ...], form: str) -> None:
    """List the rules of the policy check, by group."""
    from daira.policy import documentation, selection
    from daira.policy.catalog import catalog

    chosen = selection.select(catalog(), select, ignore)
    if form == "json":
        click.echo(json.dumps(documentation.listed(chosen), indent=2, ensure_ascii=False))
    else:
        click.echo(documentation.table(chosen))


@click.command()
@click.argument("rule")
def explain(rule: str) -> None:
    """Explain RULE: what it checks, why, what is bad, what is good, how to fix it, which standard asks for it."""
    from daira.policy import documentation, selection
    from daira.policy.catalog import by_name, catalog
    from daira.policy.rule import GROUPS

    found = by_name().get(rule)
    if found is None:
        from daira.values import rules as lint

        known = lint.rules()
        if rule in known:
            click.echo(lint.explained(known[rule]))
            return
        if rule in GROUPS:
            raise UsageError(f"{rule} is a group; `daira rules --select {rule}` lists its rules")
        close = selection.did_you_mean(rule, [*catalog(), *known.values()], groups=False)
        raise UsageError(f"there is no rule {rule!r}{close}")
    click.echo(documentation.explained(found))
