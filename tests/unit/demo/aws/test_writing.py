"""Answers held against the model, where no call of the SDK leads."""

from __future__ import annotations

import pytest

from apiscape.demo.aws.wire.routing import Match
from apiscape.demo.aws.wire.shapes import ShapeMismatch
from apiscape.demo.aws.wire.writing import write_output


def test_an_operation_without_output_cannot_answer_one() -> None:
    with pytest.raises(ShapeMismatch, match="DeleteRestApi has no output"):
        write_output(Match("apigateway", "DeleteRestApi", {}), {}, "1")


@pytest.mark.parametrize("service", ["sts:GetCallerIdentity", "apigateway:GetRestApi"])
def test_a_member_that_the_model_does_not_have_is_no_answer(service: str) -> None:
    name, _, operation = service.partition(":")
    with pytest.raises(ShapeMismatch, match="has no member Colour"):
        write_output(Match(name, operation, {}), {"Colour": "blue"}, "1")


def test_xml_is_escaped() -> None:
    answer = write_output(Match("sts", "GetCallerIdentity", {}), {"Arn": "<&>"}, "1")
    assert b"<Arn>&lt;&amp;&gt;</Arn>" in answer.body


def test_a_shape_that_holds_itself_is_written_as_deep_as_it_goes() -> None:
    inner = {"ByteMatchStatement": _match_of("a")}
    statement = {"NotStatement": {"Statement": {"NotStatement": {"Statement": inner}}}}
    rule = {"Name": "r", "Priority": 1, "Statement": statement, "VisibilityConfig": _SEEN}
    web_acl = {"Name": "edge", "Id": "1", "ARN": "a" * 20, "DefaultAction": {"Allow": {}}}
    output = {"WebACL": {**web_acl, "VisibilityConfig": _SEEN, "Rules": [rule]}}
    answer = write_output(Match("wafv2", "GetWebACLForResource", {}), output, "1")
    assert answer.body.count(b"NotStatement") == 2


_SEEN = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "m"}


def _match_of(field: str) -> dict[str, object]:
    return {
        "SearchString": field.encode(),
        "FieldToMatch": {"UriPath": {}},
        "TextTransformations": [{"Priority": 0, "Type": "NONE"}],
        "PositionalConstraint": "EXACTLY",
    }
