"""The rules of `daira lint`, applied to a chart's own files and to one environment's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from daira.policy.facts.credentials import is_secret_name
from daira.render.merge import MISSING, Layer, Values, dotted, value_at
from daira.render.release import Path as Key
from daira.values import overrides, secrets, suggest
from daira.values.charts import Chart
from daira.values.found import Edit, Found, at, slips, written
from daira.values.schema import described, shown
from daira.values.validate import TOGETHER, TYPE, Broken, Validator, Wrong

UNQUOTED = "values-unquoted-string"


@dataclass
class Judge:
    """Judges values of one chart. broken: schema's file -> why it could not be used."""

    chart: Chart
    broken: dict[str, str] = field(default_factory=dict)

    @cached_property
    def validators(self) -> dict[Key, Validator]:
        """One a schema, by the key its values are below."""
        return {below: Validator(schema, below) for below, schema in self.chart.schemas.items()}

    @cached_property
    def defaults(self) -> Values:
        """The chart's values without any file on top."""
        return Values(self.chart.layers, self.chart.subcharts)

    def chart_files(self) -> Iterator[Found]:
        """What is wrong with the chart's own values files, whatever is put on top of them."""
        for layer in self.chart.layers:
            yield from slips(layer, None)
            yield from self._parts(layer, None)
            yield from self._secrets(layer, None)

    def environment(self, files: list[Layer], name: str | None, kept: Iterable[Key] = ()) -> Iterator[Found]:
        """What is wrong with values files on top of the chart's. files: the winning one first. kept: see unused()."""
        found = [one for layer in files for one in slips(layer, name)]
        yield from found
        for layer in files:
            yield from self._parts(layer, name)
            yield from self._secrets(layer, name)
            yield from self._deprecated(layer, name)
        if any(one.rule == "values-syntax" for one in found):
            return  # what the whole would be is not known
        values = self.chart.values(files)
        yield from self._whole(values, files, name)
        for index, layer in enumerate(files):
            below = Values([*files[index + 1 :], *self.chart.layers], self.chart.subcharts).merged
            yield from self._unused(layer, below, name, set(kept))
            yield from self._undeclared(layer, below, name)
            yield from self._ambiguous(layer, below, name)

    def drift(self, lower: Layer, live: Layer, lower_name: str, live_name: str) -> Iterator[Found]:
        """What a stage before production changes and production's file does not mention."""
        for key in overrides.drift(lower, live, self.defaults.merged):
            known = value_at(self.defaults.merged, key)
            secret = self._secret_key(key)
            default = "unset" if known is MISSING else "(hidden)" if secret else shown(known)
            given = "(hidden)" if secret else shown(value_at(lower.data, key))
            text = (
                f"`{dotted(key)}` is {given} in {lower_name}, and {live_name} does not decide it: there it is {default}"
            )
            yield at("values-drift", text + self._about(key), key, lower, live_name)

    def _secret_key(self, key: Key) -> bool:
        return self.chart.about(key).get("writeOnly") is True or is_secret_name(str(key[-1]))

    def _about(self, key: Key) -> str:
        text = described(self.chart.about(key))
        return f" ({text})" if text else ""

    def _ask(self, below: Key, data: object, *, part: bool) -> list[Wrong]:
        validator = self.validators[below]
        if validator.schema.file in self.broken:
            return []
        try:
            return validator.wrong(data, part=part)
        except Broken as broken:
            self.broken[validator.schema.file] = str(broken)
            return []

    def _parts(self, layer: Layer, name: str | None) -> Iterator[Found]:
        """A file for itself: what is wrong in it although another file hides it."""
        clean = Values([layer]).merged
        for below in self.validators:
            data = value_at(clean, below)
            if isinstance(data, dict):
                for wrong in self._ask(below, data, part=True):
                    if value_at(layer.data, wrong.key) is not MISSING:
                        yield self._placed(wrong, layer, name)

    def _whole(self, values: Values, files: list[Layer], name: str | None) -> Iterator[Found]:
        """The merged values, by every schema that Helm asks."""
        for below, _, data in self.chart.parts(values):
            for wrong in self._ask(below, data, part=False):
                key = wrong.key
                if values.where(key) is None or (not key or key in values.subcharts):
                    # the whole is to blame: what the message names and a file sets is the nearest to it
                    key = next((one for one in self._named(wrong.message) if any(_has(f, one) for f in files)), key)
                if wrong.rule == TOGETHER:
                    # whoever put a file on top of the chart's is the one who can mend it
                    own = (key[:n] for n in range(len(key), 0, -1) if any(_has(layer, key[:n]) for layer in files))
                    key = next(own, key)
                layer = (
                    self._winner(values, key) or (files or self.chart.layers or [Layer(str(self.chart.path), "")])[0]
                )
                yield self._placed(wrong, layer, name, key)

    def _winner(self, values: Values, key: Key) -> Layer | None:
        for length in range(len(key), 0, -1):
            found = values.setters(key[:length])
            if found:
                return found[0][0]
        return None

    def _named(self, message: str) -> list[Key]:
        """The keys that a message names, the longest first."""
        words = {word.strip("`'\"(),:;.") for word in message.split()}
        return sorted((tuple(word.split(".")) for word in words if "." in word), key=len, reverse=True)

    def _placed(self, wrong: Wrong, layer: Layer, name: str | None, place: Key | None = None) -> Found:
        edit, rule, message = None, wrong.rule, wrong.message
        if wrong.wants and rule == TYPE and (word := written(layer, wrong.key)) is not None:
            rule, edit = UNQUOTED, Edit("quote", wrong.key)
            message = f"{wrong.message.partition(';')[0]}, because it is written {word} without quotes; "
            message += f'here a string is wanted: write "{word}"{self._about(wrong.key)}'
        if wrong.rename and value_at(layer.data, wrong.rename) is MISSING:
            edit = Edit("rename", wrong.key, wrong.rename)
        key = self.chart_home(wrong.key, layer) if place is None else place
        line, column = layer.line(key) or (1, 1)
        return Found(rule, message, wrong.key, layer.file, line, column, name, edit)

    def chart_home(self, key: Key, layer: Layer) -> Key:
        """A subchart's global key as the umbrella's, where the file has it there."""
        home = Values([layer], self.chart.subcharts).home(key)
        return home if layer.find(home) else key

    def _secrets(self, layer: Layer, name: str | None) -> Iterator[Found]:
        for key, value in secrets.leaves(layer.data):
            about = self.chart.about(key) if isinstance(value, str | int) and value else {}
            sort = secrets.secret(secrets.named(layer.data, key), value, write_only=about.get("writeOnly") is True)
            if sort:
                text = (
                    f"`{dotted(key)}` looks like a secret: {sort}; the file is committed and kept, and so is the secret"
                )
                yield at("values-secret", text, key, layer, name)

    def _deprecated(self, layer: Layer, name: str | None) -> Iterator[Found]:
        todo: list[Key] = [(step,) for step in layer.data]
        while todo:
            key = todo.pop(0)
            about = self.chart.about(key)
            if about.get("deprecated") is True:
                yield self._replaced(layer, key, about, name)
                continue
            value = value_at(layer.data, key)
            todo += [(*key, step) for step in value] if isinstance(value, dict) else []

    def _replaced(self, layer: Layer, key: Key, about: dict[str, object], name: str | None) -> Found:
        text, edit = f"`{dotted(key)}` is deprecated", None
        word = about.get("x-replaced-by")
        if isinstance(word, str) and word:
            to = self._replacement(key, tuple(word.split(".")))
            text += f"; use `{dotted(to)}` instead"
            if value_at(layer.data, to) is MISSING:
                edit = Edit("rename", key, to)
            else:
                text += ", which is set too"
        return at("values-deprecated-key", text + self._about(key), key, layer, name, edit)

    def _replacement(self, key: Key, word: Key) -> Key:
        """What x-replaced-by names: a key of the chart itself, or of the subchart whose schema says so."""
        homes = sorted((one for one in self.chart.subcharts if key[: len(one)] == one), key=len, reverse=True)
        return next(((*home, *word) for home in homes if self.chart.schema_of((*home, *word))), word)

    def _unused(self, layer: Layer, below: dict[str, object], name: str | None, kept: set[Key]) -> Iterator[Found]:
        for key in overrides.unused(layer.data, below, kept):
            outer, value = key, value_at(layer.data, key)
            while isinstance(value, dict) and len(value) == 1:
                key = (*key, *value)
                value = value_at(layer.data, key)
            text = (
                f"`{dotted(key)}` is {'(hidden)' if self._secret_key(key) else shown(value)} already without this line"
            )
            if value is None:
                text = f"`{dotted(key)}` is null, which takes nothing away: it has no value without this line either"
            elif value == {} and value_at(below, key):
                text = f"`{dotted(key)}` is an empty mapping and changes nothing: Helm merges them; null takes one away"
            yield at("values-unused-override", text, key, layer, name, Edit("remove", outer))

    def _undeclared(self, layer: Layer, below: dict[str, object], name: str | None) -> Iterator[Found]:
        for key in overrides.undeclared(layer.data, below, self.chart.schemas):
            around = value_at(below, key[:-1]) if len(key) > 1 else below
            siblings = [str(step) for step in around] if isinstance(around, dict) else []
            text = f"`{dotted(key)}` is not in the chart's values.yaml"
            close = suggest.close(str(key[-1]), siblings)
            text += f"; did you mean `{dotted((*key[:-1], close[0]))}`?" if close else ""
            yield at("values-undeclared-key", text, key, layer, name)

    def _ambiguous(self, layer: Layer, below: dict[str, object], name: str | None) -> Iterator[Found]:
        """Without a schema: what is not what was written, where values.yaml has a string."""
        for key, value in secrets.leaves(layer.data):
            if not isinstance(value, bool | int | float) or not isinstance(value_at(below, key), str):
                continue
            word = written(layer, key)
            if word is None or word == shown(value) or self.chart.schema_of(key):
                continue
            text = f"`{dotted(key)}` is {shown(value)}, because it is written {word} without quotes; "
            yield at(
                UNQUOTED, f'{text}values.yaml has a string there: write "{word}"', key, layer, name, Edit("quote", key)
            )


def _has(layer: Layer, key: Key) -> bool:
    return value_at(layer.data, key) is not MISSING
