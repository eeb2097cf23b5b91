"""Which signs of a mail address are refused wherever one is written."""

import pytest

from surveys.mail.address import why_not_taken


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("", ""),
        ("ana@mail.example", ""),
        ("o'neill+ana_1@xn--exmple-cua.com", ""),
        ("josé@mail.example", "holds é, which not every mail server takes"),
        ("ana@exämple.com", "holds ä, which not every mail server takes"),
        ("éa@bäé.example", "holds é and ä, which not every mail server takes"),
        ("ana@mail.example\u200b", "holds a sign that cannot be seen, which not every mail"),
        ("ａna@mail.example", "holds ａ, which"),
    ],
)
def test_only_plain_letters_digits_and_signs_are_taken(address: str, told: str):
    assert why_not_taken(address).startswith(told)
    assert bool(why_not_taken(address)) == bool(told)
