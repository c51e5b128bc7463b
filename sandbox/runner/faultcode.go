package main

// Why a job has no complete answer: the part of FaultCode (sandbox/api/fault_code.py, which says what each means) that a runner
// may report. A test reads this file and holds it equal to REPORTED_BY_RUNNER there; no other file here spells a fault.
const (
	faultUpstreamUnreachable = "UPSTREAM_UNREACHABLE"
	faultUpstreamBroke       = "UPSTREAM_BROKE"
	faultAnswerUndecodable   = "ANSWER_UNDECODABLE"
	faultResponseTooLarge    = "RESPONSE_TOO_LARGE"
	faultArtifactTooLarge    = "ARTIFACT_TOO_LARGE"
	faultEgressDenied        = "EGRESS_DENIED"
	faultProgramNotStarted   = "PROGRAM_NOT_STARTED"
	faultProgramCrashed      = "PROGRAM_CRASHED"
	faultOutOfMemory         = "OUT_OF_MEMORY"
	faultTimedOut            = "TIMED_OUT"
	faultBoxDied             = "BOX_DIED"
	faultJobInvalid          = "JOB_INVALID"
	faultPermissionRefused   = "PERMISSION_REFUSED"
	faultSecretUnavailable   = "SECRET_UNAVAILABLE"
	faultTokenRefused        = "TOKEN_REFUSED"
	faultTokenUnavailable    = "TOKEN_UNAVAILABLE"
	faultConnectAgain        = "CONNECT_AGAIN"
)
