"""What the names of AWS's hosts tell, by the forms in which AWS's documentation has them."""

import pytest

from registry.credentials.aws_hosts import SigningScope, scope_of

HOSTS = {
    "managedblockchain.us-east-1.amazonaws.com": ("us-east-1", "managedblockchain"),
    "sqs.us-gov-west-1.amazonaws.com": ("us-gov-west-1", "sqs"),
    "ec2.cn-north-1.amazonaws.com.cn": ("cn-north-1", "ec2"),
    "abc123.execute-api.eu-central-1.amazonaws.com": ("eu-central-1", "execute-api"),
    "vpce-0123.execute-api.eu-central-1.vpce.amazonaws.com": ("eu-central-1", "execute-api"),
    "s3.eu-west-1.amazonaws.com": ("eu-west-1", "s3"),
    "bucket.with.dots.s3.eu-west-1.amazonaws.com": ("eu-west-1", "s3"),
    "bucket.s3.dualstack.eu-west-1.amazonaws.com": ("eu-west-1", "s3"),
    "s3-eu-west-1.amazonaws.com": ("eu-west-1", "s3"),
    "bucket.s3.amazonaws.com": ("us-east-1", "s3"),
    "iam.amazonaws.com": ("us-east-1", "iam"),
    "sts.amazonaws.com": ("us-east-1", "sts"),
    "kms-fips.us-west-2.amazonaws.com": ("us-west-2", "kms"),
    "search-mine-abc.eu-west-1.es.amazonaws.com": ("eu-west-1", "es"),
    "abc.eu-west-1.aoss.amazonaws.com": ("eu-west-1", "aoss"),
    "bedrock-runtime.us-east-1.amazonaws.com": ("us-east-1", "bedrock"),
    "api.ecr.eu-west-1.amazonaws.com": ("eu-west-1", "ecr"),
    "email.eu-west-1.amazonaws.com": ("eu-west-1", "ses"),
    "lambda.us-east-1.api.aws": ("us-east-1", "lambda"),
    "abcdef.lambda-url.eu-west-1.on.aws": ("eu-west-1", "lambda"),
    "SQS.EU-WEST-1.AMAZONAWS.COM": ("eu-west-1", "sqs"),
    "sqs.amazonaws.com": ("", "sqs"),
    "iam.amazonaws.com.cn": ("", "iam"),
    "api.example.com": ("", ""),
    "amazonaws.com": ("", ""),
    "s3.eu-west-1.amazonaws.com.example.com": ("", ""),
    "127.0.0.1": ("", ""),
}


@pytest.mark.parametrize(("host", "told"), HOSTS.items())
def test_a_host_tells_region_and_service_where_its_name_has_them(host: str, told: tuple[str, str]) -> None:
    assert scope_of(host) == SigningScope(*told)
