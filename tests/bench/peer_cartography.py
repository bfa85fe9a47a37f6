"""What Cartography's fetchers of API Gateway read, run by its own interpreter: `peer_cartography.py REGION FILE`.

Its `sync` functions, without what they write to the graph database.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path


def main(region: str, output: str) -> None:
    """Fetch, and write down how many of each kind were found."""
    session = importlib.import_module("boto3").session.Session()
    first = importlib.import_module("cartography.intel.aws.apigateway")
    second = importlib.import_module("cartography.intel.aws.apigatewayv2")
    apis = first.get_apigateway_rest_apis(session, region)
    details = first.get_rest_api_details(session, apis, region)
    deployments = first.get_rest_api_deployments(session, first.get_rest_api_ids(apis), region)
    found = {
        "REST APIs": len(apis),
        "stages": sum(len(detail[1] or ()) for detail in details),
        "methods": sum(len(detail[4] or ()) for detail in details),
        "integrations": sum(len(detail[5] or ()) for detail in details),
        "deployments": len(deployments),
        "v2 APIs": len(second.get_apigatewayv2_apis(session, region)),
    }
    Path(output).write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
