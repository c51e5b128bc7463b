"""For which region and service a request to one of AWS's hosts is signed: what the host's name says, where it does."""

import re
from dataclasses import dataclass

_DOMAINS = (".amazonaws.com.cn", ".amazonaws.com", ".api.amazonwebservices.com.cn", ".api.aws", ".on.aws")
_REGION = re.compile(r"(?:s3-)?((?:[a-z]{2}|us-gov|us-iso[a-z]?|eu-iso[a-z]?)-[a-z]+-\d)")
#: Services whose hosts have no region, and which all sign for this one.
_GLOBAL = frozenset(("budgets", "ce", "cloudfront", "iam", "organizations", "route53", "s3", "shield", "sts", "support", "waf"))
_GLOBAL_REGION = "us-east-1"
#: Between service and region, where it says how the host is reached.
_WAYS = frozenset(("dualstack", "vpce"))
#: Services that sign by another name than their hosts have. The longest that the host ends with counts.
_SIGNED_AS = {
    "api.ecr": "ecr",
    "api.ecr-public": "ecr-public",
    "api.pricing": "pricing",
    "api.sagemaker": "sagemaker",
    "appstream2": "appstream",
    "bedrock-agent": "bedrock",
    "bedrock-agent-runtime": "bedrock",
    "bedrock-runtime": "bedrock",
    "data.iot": "iotdata",
    "email": "ses",
    "entitlement.marketplace": "aws-marketplace",
    "lambda-url": "lambda",
    "metering.marketplace": "aws-marketplace",
    "models.lex": "lex",
    "queue": "sqs",
    "runtime.lex": "lex",
    "runtime.sagemaker": "sagemaker",
    "runtime-v2-lex": "lex",
    "streams.dynamodb": "dynamodb",
}


@dataclass(frozen=True, slots=True)
class SigningScope:
    """Either is empty where the host does not tell."""

    region: str = ""
    service: str = ""


def scope_of(host: str) -> SigningScope:
    """`SERVICE.REGION.amazonaws.com`, `ID.execute-api.REGION.…`, `BUCKET.s3.…`, `DOMAIN.REGION.es.…` and their like."""
    domain = next((one for one in _DOMAINS if host.lower().endswith(one)), None)
    if domain is None:
        return SigningScope()
    labels = [one for one in host.lower().removesuffix(domain).split(".") if one not in _WAYS]
    found = next((index for index, one in enumerate(labels) if _REGION.fullmatch(one)), None)
    if found is None:
        service = _signed_as(labels)
        return SigningScope(_GLOBAL_REGION if service in _GLOBAL and domain == ".amazonaws.com" else "", service)
    region = _REGION.fullmatch(labels[found])
    old = ["s3"] if labels[found].startswith("s3-") else []
    return SigningScope(region[1] if region else "", _signed_as(labels[found + 1 :] or old or labels[:found]))


def _signed_as(labels: list[str]) -> str:
    names = [label.removesuffix("-fips") for label in labels[-2:]]
    return _SIGNED_AS.get(".".join(names)) or _SIGNED_AS.get(names[-1], names[-1]) if names else ""
