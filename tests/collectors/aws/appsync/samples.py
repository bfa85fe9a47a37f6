"""An estate of AppSync that the tests share."""

from __future__ import annotations

from apiscape.demo.aws.estate.appsync import API_KEY, COGNITO, IAM, AppSync
from apiscape.demo.aws.estate.region import Region

SDL = """
type Query {
  claims(kind: String = "all"): [Claim]
  audit: [Claim] @aws_iam
  both: [Claim] @aws_iam @aws_api_key
  old: Claim @deprecated(reason: "use claims")
}
type Mutation @aws_cognito_user_pools {
  make(claim: ClaimInput!): Claim
  approve(id: ID!): Claim @aws_cognito_user_pools(cognito_groups: ["Approvers", "Leads"])
}
type Subscription { made: Claim @aws_subscribe(mutations: ["make"]) }
type Claim { id: ID! amount: Int }
input ClaimInput { amount: Int = 0 }
"""

POOL = {"userPoolId": "eu-west-1_pool", "awsRegion": "eu-west-1", "defaultAction": "ALLOW"}


def fill(region: Region, apis: int = 3) -> AppSync:
    """Give a region APIs of every kind, and domain names."""
    held = region.shelves.of(AppSync)
    made = []
    for number in range(apis):
        more = [{"authenticationType": mode} for mode in (IAM, COGNITO)]
        api = held.graphql(f"claims-{number}", SDL, additionalAuthenticationProviders=more)
        api.data_source(
            "fn", "AWS_LAMBDA", lambdaConfig={"lambdaFunctionArn": "arn:aws:lambda:x:function:fn"}
        )
        made.append(api.data_source("local"))
        held.event(f"news-{number}", API_KEY).namespace("alerts").namespace("chat")
        held.domain(f"graph-{number}.example", api)
    for number in range(2):
        held.merged(f"all-{number}", SDL).merge(made[0]).merge(made[-1])
    return held
