"""Defects in how the Functions know a history, each put in by replacing one piece of their text."""

from .mutations import Mutation

LINEAGE = (
    Mutation("any server is the same one", "  elseif before ~= server then", "  elseif false then"),
    Mutation("another primary needs no memory", "'ANOTHER_PRIMARY', sequence(K))", "'ANOTHER_PRIMARY', 0)"),
    Mutation("an empty store is a new one", "  elseif not known then\n    begin_epoch(K, line, mark, 'EMPTY', 0, 1)\n", ""),
    Mutation("an empty store need not be looked at", "'EMPTY', 0, 1)", "'EMPTY', 0)"),
    Mutation(
        "a number that is not there is not noticed", "return mark.number > last or last - mark.number < RING", "return false"
    ),
    Mutation("any nonce is as good as another", "if nonce_at(K, mark.number) == mark.nonce then", "if true then"),
    Mutation("every nonce is another one", "if nonce_at(K, mark.number) == mark.nonce then", "if false then"),
    Mutation("an epoch that is not there is not noticed", "  elseif mark.epoch > known or (mark", "  elseif (mark"),
    Mutation("marks of older epochs prove something", "(mark.epoch == known and mark.number > 0 and", "(mark.number > 0 and"),
    Mutation("no nonce is kept", "  redis.call('SETRANGE', K[10], seq % RING * 8, step_nonce)\n", ""),
    Mutation("a lost number is given out again", "(math.floor(math.max(0, mark.number - last) / LEAP) + 1) * LEAP", "0"),
    Mutation("numbers leap once, whatever was seen", "(math.floor(math.max(0, mark.number - last) / LEAP) + 1)", "1"),
    Mutation("an epoch of before begins again", "math.max(line.epoch or 0, mark.epoch) + 1", "(line.epoch or 0) + 1"),
    Mutation(
        "what an earlier change lost need not be put back",
        "  if line.open then base, ack = math.min(base, line.base), ack or line.ack end\n",
        "",
    ),
    Mutation(
        "no gateway need show", "  local epoch = math.max(line.epoch or 0, mark.epoch) + 1", "  local epoch = line.epoch or 1"
    ),
    Mutation("a gateway is not put on the list", "if gateway ~= '' and not line.shown then", "if false then"),
    Mutation("an onlooker is put on the list", "if gateway ~= '' and not line.shown then", "if not line.shown then"),
    Mutation(
        "a gateway whose entry was lost has shown",
        "line.shown = mark.number > 0 and math.min(mark.epoch, line.epoch) or line.epoch",
        "line.shown = line.epoch",
    ),
    Mutation(
        "a new gateway has to show",
        "line.shown = mark.number > 0 and math.min(mark.epoch, line.epoch) or line.epoch",
        "line.shown = math.min(mark.epoch, line.epoch)",
    ),
    Mutation("claimed while the history is open", "if A[8] == '1' and line.open then", "if false then"),
    Mutation("nothing is claimed while the history is open", "if A[8] == '1' and line.open then", "if line.open then"),
    *(
        Mutation(f"{name} while the history is open", f"{name} = true, ", "")
        for name in ("dispatch", "retry", "resume", "record", "release", "take_from_lost")
    ),
    Mutation("cancel while the history is open", "cancel = true,\n", "\n"),
    Mutation("resolve while the history is open", "{ resolve = true, expire_review", "{ expire_review"),
    Mutation("a review expires while the history is open", "resolve = true, expire_review = true", "resolve = true"),
    Mutation("what may be repeated waits for the history", "get(K, 'rest') or not acts(K) then", "get(K, 'rest') then"),
    Mutation("what is settled waits for the history", "get(K, 'rest') or not acts(K) then", "not acts(K) then"),
    Mutation("what is under way waits for the history", "state == 'PENDING' or state == 'RETRY_WAIT'\n", "state\n"),
    Mutation("settled before the grace is over", "or (waited >= 0 and waited < GRACE) or", "or"),
    Mutation("never settled where the clock has gone back", "(waited >= 0 and waited < GRACE)", "waited < GRACE"),
    Mutation("settled before all have shown", "or not all_have_shown(K, line.epoch) then", "then"),
    Mutation("settled without the person who must look", "if not line.open or line.ack or (", "if not line.open or ("),
    Mutation(
        "never settled by a mark",
        "local function witness(K, _, line)\n  settle(K, line)\n",
        "local function witness(K, _, line)\n",
    ),
    Mutation(
        "never settled by the last that shows", "  line.shown = line.epoch\n  settle(K, line)\n", "  line.shown = line.epoch\n"
    ),
    Mutation("what was lost is not on record", "    audit(K, '', 'STORE_ROLLED_BACK', 'mark', n, 'last', line.last)\n", ""),
    Mutation(
        "what is there counts as lost",
        "(n > line.last or differs(K, n, A[4], sequence(K) - line.start + line.last - n))",
        "true",
    ),
    Mutation(
        "a number beyond the last is not lost",
        "(n > line.last or differs(K, n, A[4], sequence(K) - line.start + line.last - n))",
        "differs(K, n, A[4], sequence(K) - line.start + line.last - n)",
    ),
    Mutation(
        "another nonce is not lost",
        "(n > line.last or differs(K, n, A[4], sequence(K) - line.start + line.last - n))",
        "n > line.last",
    ),
    Mutation("a gateway may have forgotten", "if line.open and tonumber(A[6]) > line.base and", "if false and"),
    Mutation("what was forgotten before the base counts", "tonumber(A[6]) > line.base and", "tonumber(A[6]) >= line.base and"),
    Mutation("an unknown tenant is a new one", "A[3] ~= '' and A[3] ~= line.primary", "false"),
    Mutation("any tenant is an unknown one", "and sequence(K) == line.start and", "and"),
    Mutation("a first primary is another one", "A[3] ~= '' and A[3] ~=", "A[3] ~="),
    Mutation("the same primary is another one", "and A[3] ~= '' and A[3] ~= line.primary", "and A[3] ~= ''"),
    Mutation(
        "an empty store counts as one that survived", "line.ack and line.empty and A[2] == '1'", "line.ack and line.empty"
    ),
    Mutation("a store that lost too much counts as empty", "line.ack and line.empty and A[2]", "line.ack and A[2]"),
    Mutation(
        "those who may know are not waited for", "  for at = 4, #A do write_line(K, 'HSETNX', 'g:' .. A[at], 0) end\n", ""
    ),
    Mutation(
        "one who has shown is waited for again",
        "write_line(K, 'HSETNX', 'g:' .. A[at], 0)",
        "write_line(K, 'HSET', 'g:' .. A[at], 0)",
    ),
    Mutation(
        "an empty store is told of for ever",
        "'open', 'ack', 'empty')\n  line.open = nil\n  audit",
        "'open', 'ack')\n  line.open = nil\n  audit",
    ),
    Mutation("a gateway that shows has not shown", "  write_line(K, 'HSET', 'g:' .. A[2], line.epoch)\n", ""),
    Mutation("acknowledged without a question", "  if not line.open then return { 'NOOP' } end\n", ""),
    Mutation("acknowledged, and still waited for", " then write_line(K, 'HDEL', found[at]) end", " then end"),
    Mutation(
        "acknowledged for ever", "  write_line(K, 'HDEL', 'open', 'ack', 'empty')\n  line.open = nil\n  if line", "  if line"
    ),
    Mutation(
        "one who has not shown retires",
        "if tonumber(redis.call('HGET', K[8], 'g:' .. A[2]) or '0') ~= line.epoch then",
        "if false then",
    ),
    Mutation("a permission is not put back over a dropped record", "  if get(K, 'free') == '2' then return true end", ""),
    Mutation("one who retires is waited for", "  write_line(K, 'HDEL', 'g:' .. A[2])\n", ""),
    Mutation("put back without a permission", "  if not (df or ENDED[was.st]) or not lacks", "  if not lacks"),
    Mutation("an end without a permission is not put back", "not (df or ENDED[was.st])", "not df"),
    Mutation(
        "a free end is put back over the next call",
        "  if was.free and number(K, 'fence') > tonumber(was.fence) then return false end\n",
        "",
    ),
    Mutation("a free end is not put back", "number(K, 'fence') > tonumber(was.fence) then", "true then"),
    Mutation(
        "a cancellation is not remembered",
        "  return { 'OK', to_remember(K) }\nend\n\n-- resolve",
        "  settle(K)\n  return { 'OK' }\nend\n\n-- resolve",
    ),
    Mutation(
        "a decision is not remembered",
        "set(K, 'ro', opened, 'ra', author, 'rr', reason)\n    return { 'OK', to_remember(K) }",
        "set(K, 'ro', opened, 'ra', author, 'rr', reason)\n    settle(K)\n    return { 'OK' }",
    ),
    Mutation("the end of a lost holder's call is not remembered", "return { state, to_remember(K) }", "return { state }"),
    Mutation("what does not act is remembered", "return acting and packed(K) or nil", "return packed(K)"),
    Mutation("put back over what came later", "return known < df end", "return true end"),
    Mutation("not put back over what was before", "return known < df end", "return false end"),
    Mutation(
        "put back over what is as certain", "return certainty(of_then) > certainty(of_here)", "return certainty(of_then) > 0"
    ),
    Mutation("an end is not put back", "return certainty(of_then) > certainty(of_here)", "return false"),
    Mutation("put back without an end", "if not ENDED[state] then return 0 end\n  if state", "if state"),
    Mutation("what waits for a decision is final", "(not field('ro') or field('ra'))", "true"),
    Mutation("what is decided is open", "(not field('ro') or field('ra'))", "not field('ro')"),
    Mutation("an unknown end is final", "if state ~= 'UNKNOWN' and (not", "if (not"),
    Mutation("what is presumed is told by the holder", "return field('barrier') and 1 or 2", "return 2"),
    Mutation("what the holder has told is presumed", "return field('barrier') and 1 or 2", "return 1"),
    Mutation(
        "the truth that comes late is presumed", "  if late then clear(K, 'barrier') end -- nothing is presumed any more\n", ""
    ),
    Mutation("what is forgotten is as good as there", "(line.empty or not line.ack)", "not line.ack"),
    Mutation(
        "who survives ends what is forgotten",
        "    write_line(K, 'HDEL', 'empty') -- no surviving entry of another one ends this\n",
        "",
    ),
    Mutation(
        "what is put back owes nothing", "    if owed then redis.call('ZADD', K[5], 'NX', now(), id .. ' ' .. owed) end\n", ""
    ),
    Mutation(
        "put back beside what was there",
        "  redis.call('DEL', K[1])\n  known, whole = {}, false\n",
        "  known, whole = {}, false\n",
    ),
    Mutation("put back, and still due", "for _, index in ipairs({ 3, 4, 9 }) do", "for _, index in ipairs({ 3, 9 }) do"),
    Mutation("put back under its old count", "  if n then set(K, 'n', n) end", "  "),
    Mutation("put back without a lease", "  if not ENDED[was.st] then take_lease(K, id, tonumber(A[2])) end\n", ""),
    Mutation("put back without its review", "  if reviewed then redis.call('ZADD', K[9], was.ro, id) end\n", ""),
    Mutation("put back untold", "  event(K, id, 'RESTORED')\n", ""),
    Mutation("put back for ever", "  if ENDED[was.st] and not reviewed then expire(K, A[3]) end\n", ""),
    Mutation("put back for a while only", "if ENDED[was.st] and not reviewed then expire(K, A[3]) end", "expire(K, A[3])"),
)
