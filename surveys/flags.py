"""Answers to flags: true or false only where no answer to an open question could change it."""

from collections.abc import Mapping

from surveys.instrument import ClusterFlag, Flag, Instrument, SymptomFlag, ThresholdFlag

Values = Mapping[str, int]


def flags_of(instrument: Instrument, values: Values) -> dict[str, bool | None]:
    """`values`: answers as given, and the subscores and total that are known."""
    return {flag.id: _settled(flag, values) for flag in instrument.flags}


def _settled(flag: Flag, values: Values) -> bool | None:
    if isinstance(flag, ThresholdFlag):
        return _threshold(flag, values)
    return _clusters(flag, values) if isinstance(flag, ClusterFlag) else _symptoms(flag, values)


def _threshold(flag: ThresholdFlag, values: Values) -> bool | None:
    if flag.of not in values:
        return None
    value = values[flag.of]
    if flag.at_most is not None:
        return value <= flag.at_most
    return flag.at_least is not None and value >= flag.at_least


def _clusters(flag: ClusterFlag, values: Values) -> bool | None:
    found = [
        _enough(cluster.items, cluster.at_least, flag.present_at, values)
        for cluster in flag.clusters
    ]
    if False in found:
        return False
    return None if None in found else True


def _enough(codes: tuple[str, ...], needed: int, present_at: int, values: Values) -> bool | None:
    present = sum(values.get(code, present_at - 1) >= present_at for code in codes)
    unknown = sum(code not in values for code in codes)
    if present >= needed:
        return True
    return None if present + unknown >= needed else False


def _symptoms(flag: SymptomFlag, values: Values) -> bool | None:
    known = flag.thresholds.keys() & values.keys()
    present = {code for code in known if values[code] >= flag.thresholds[code]}
    unknown = flag.thresholds.keys() - known
    core_known = not present.isdisjoint(flag.core)
    if not core_known and unknown.isdisjoint(flag.core):
        return False
    # a core symptom still unknown counts itself where it turns out to be present
    fewest = len(present) + (0 if core_known else 1)
    most = len(present) + len(unknown)
    low, high = flag.count
    if most < low or fewest > high:
        return False
    return True if core_known and low <= fewest and most <= high else None
