"""What each Function of `ledger.lua` does, in Python. Pure: keys and arguments in, keys and an answer out.

This is the model that its tests explore exhaustively, that they hold the Functions to, and that the ledger in memory runs.
A *holder* shows the record's newest fence. *Repeatable*: the effect permits it, and the window of a KEYED one is not over.

| from | by | to | if |
| --- | --- | --- | --- |
| absent | claim | `PENDING` | it does not act, or the history is settled; and its run is not over |
| a free end | claim | `PENDING`, another record | as absent |
| `PENDING`, untouched | claim | the same | the same nonce: a claim whose reply was lost gets its fence back |
| `PENDING` | dispatch | `DISPATCHED` | holder, in time, not cancelled, repeatable or never dispatched |
| `PENDING`, `DISPATCHED` | oblige, heartbeat | the same | holder |
| `PENDING`, `DISPATCHED` | retry | `RETRY_WAIT` | holder; from `DISPATCHED`: repeatable, or proven not done |
| `RETRY_WAIT` | resume | `PENDING` | due, and the lost holder's box gone or the deadline over; takes a new fence |
| `PENDING`, `DISPATCHED` | record | an end | holder |
| `PENDING` | retry, record, with a box | `DISPATCHED`, and then that | as above: it was sent unasked, and is told of now |
| `UNKNOWN` | record | an end | the truth, late, from the attempt that was dispatched |
| `PENDING` | release | absent | holder; nothing was ever dispatched or tried |
| `PENDING`, `RETRY_WAIT` | cancel | `CANCELLED` | |
| `DISPATCHED` | cancel | the same, flagged | the holder ends it |
| `PENDING`, lease lapsed | take_from_lost | absent, or `RETRY_WAIT` after an attempt | |
| `DISPATCHED`, lease lapsed | take_from_lost | `RETRY_WAIT` behind a barrier | repeatable, attempts and time left |
| `DISPATCHED`, lease lapsed | take_from_lost | `FAILED`, under review | repeatable, and exhausted |
| `DISPATCHED`, lease lapsed | take_from_lost | `UNKNOWN`, under review | else |
| an end, under review | resolve | `SUCCEEDED`, `FAILED`, `RETRY_WAIT` | the box last dispatched is gone |
| any, decided | resolve, repeated | the same | its reply was lost |
| an end, under review | expire_review | the same, final | open for so long, and the box last dispatched is gone |
| any | discharge | the same | the obligation is owed |
| absent, or of a time before | restore | as it was when its holder saw it last | it had permission then |

An attempt is *proven not done* where it was not sent, or where the upstream answered that it had not done it: its dispatch is
taken back. An end is *free* where it is a failure, every dispatch was taken back, and no person is asked about it: the key can
be claimed again, for whatever call. NEW comes with what is left of the call's time, by the store's clock.

A lease has lapsed, and a delay is over, also where they are farther away than when they began: then the clock has gone back.
An end under review keeps its arguments and does not expire. One that is final and owes nothing is *settled*: what only gateways
at work on it ask for is forgotten. A transition that loses its caller's authority answers FENCED and
changes nothing.

While the history is open (`lineage`), what acts stays as it is unless it is known to have permission, and no review is decided.

`record` holds the state, `lineage` which history it is of, `holding` claim to release, `acting` what may have an effect,
`ending` what others decide.
"""
