from __future__ import annotations

import pytest

from apiscape.query import format_view, parse
from apiscape.query.format import quote


@pytest.mark.parametrize(
    "text",
    [
        "tax vat",
        "-tax",
        '"team tax"',
        '"-x" -"-x"',
        '"name:x" "5xx>1" ">5" ":x" ::1',
        "https://x.example/v1 tax-api:v1 10.0.0.1:8080",
        "/^tax/ -/v[0-9]+$/ name:/x/",
        'owner:"team tax",none,"none","a,b",unknown',
        r'name:"back\\slash","say \"hi\""',
        "region:eu-*,*-1,*",
        'region:"a*"*',
        "name:*a*b*",
        'path:/v1,"/v1/","//x"',
        "tag:team=*,team=tax",
        "5xx>1 -5xx>=1.5 p95<100 operations:0,none",
        "changed>2d first_seen<2026-09-30 missing>=2026-09-30T12:00Z",
        "tax at:2026-09-30 sort:p95:desc,name cols:name,gateway,p95 undecided:yes",
    ],
)
def test_a_canonical_text_prints_as_it_stands(text: str) -> None:
    assert format_view(parse(text)) == text


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("/tax", "tax"),
        ('"tax"', "tax"),
        ("Env:PRODUCTION", "environment:production"),
        (
            "cols:id sort:name:asc tax at:2026-09-30T00:00Z",
            "tax at:2026-09-30 sort:name cols:native_id",
        ),
        ('owner:"tax"', "owner:tax"),
        ("name:tax*", "name:tax"),
        ("tag:team", "tag:team=*"),
        ("5xx>01.50", "5xx>1.5"),
        ("changed>48h", "changed>48h"),
        ("tax /v1", 'tax "/v1"'),
        ("undecided:no", ""),
    ],
)
def test_other_texts_print_in_the_canonical_form(text: str, printed: str) -> None:
    assert format_view(parse(text)) == printed


def test_quotes_escape_what_ends_them() -> None:
    assert quote('a "b" \\') == r'"a \"b\" \\"'
