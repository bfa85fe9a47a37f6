"""What the department has of AppSync: graphs of its case workers, one merged of them, and news as it happens."""

from __future__ import annotations

from apiscape.demo.aws.estate.appsync import API_KEY, COGNITO, IAM, AppSync
from apiscape.demo.aws.estate.backends import Fields
from apiscape.demo.aws.estate.region import Region

_CASES = """
type Query {
  case(id: ID!): Case
  cases(state: String = "open", first: Int = 20): [Case]
  audit(id: ID!): [Entry] @aws_iam
}
type Mutation {
  assign(id: ID!, to: String!): Case
  close(id: ID!, reason: String!): Case @aws_cognito_user_pools(cognito_groups: ["Leads"])
}
type Subscription { changed(id: ID!): Case @aws_subscribe(mutations: ["assign", "close"]) }
type Case @aws_cognito_user_pools @aws_iam { id: ID! state: String entries: [Entry] }
type Entry @aws_cognito_user_pools @aws_iam { at: AWSDateTime! by: String text: String }
"""
_OFFICES = """
type Query {
  offices(postcode: String!): [Office]
  office(id: ID!): Office
  waiting(id: ID!): Int @deprecated(reason: "use office { waiting }")
}
type Office { id: ID! name: String postcode: String waiting: Int }
"""
_ROOT = "type Query { cases: [Case] offices(postcode: String!): [Office] }"
_MERGED = f"{_ROOT} type Case {{ id: ID! }} type Office {{ id: ID! }}"


def add_appsync(live: Region, test: Region) -> None:
    """Add the live graphs, their domain name and the news, and the rehearsal of one of them."""
    held = live.shelves.of(AppSync)
    cases = held.graphql("case-work", _CASES, auth=COGNITO, **_staff(live, "prod"))
    cases.data_source("cases", "AMAZON_DYNAMODB", dynamodbConfig=_table(live, "cases"))
    function = f"arn:aws:lambda:{live.name}:{live.account.id}:function:case-rules"
    cases.data_source("rules", "AWS_LAMBDA", lambdaConfig={"lambdaFunctionArn": function})
    cases.resolver("case", "cases").resolver("cases", "cases").resolver("audit", "cases", "rules")
    cases.resolver("assign", "rules", of="Mutation").resolver("close", "rules", of="Mutation")
    offices = held.graphql("offices", _OFFICES, auth=API_KEY, tags={"environment": "prod"})
    offices.data_source("offices", "AMAZON_DYNAMODB", dynamodbConfig=_table(live, "offices"))
    offices.resolver("offices", "offices").resolver("office", "offices")
    front = held.merged("front-desk", _MERGED, auth=IAM, visibility="PRIVATE")
    front.merge(cases).merge(offices).edit(ownerContact="front.desk@department.example.gov.uk")
    held.domain("graph.department.example.gov.uk", cases, tags={"owner": "Team Edge"})
    news = held.event("case-news", COGNITO, IAM, tags={"owner": "Team Cases"})
    news.namespace("cases", publishAuthModes=[{"authType": IAM}]).namespace("notices")
    rehearsal = test.shelves.of(AppSync)
    rehearsal.graphql("case-work", _CASES, auth=COGNITO, **_staff(test, "staging"))


def _staff(region: Region, environment: str) -> Fields:
    """Give the members of an API for staff: their user pool, and signatures beside it."""
    pool = {"userPoolId": f"{region.name}_Staff", "awsRegion": region.name}
    return {
        "tags": {"owner": "Team Cases", "environment": environment},
        "userPoolConfig": {**pool, "defaultAction": "ALLOW"},
        "additionalAuthenticationProviders": [{"authenticationType": IAM}],
        "introspectionConfig": "DISABLED",
        "queryDepthLimit": 10,
        "xrayEnabled": True,
    }


def _table(region: Region, name: str) -> Fields:
    return {"tableName": name, "awsRegion": region.name}
