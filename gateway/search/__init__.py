"""Which tools fit what an agent wants to do: an index of the words of all tools that a tenant sees, and their ranking by BM25.

It knows a catalog by its protocol, and neither gRPC nor Redis. `words` makes words of a text, by `stems`. `tool_text` says
what a tool tells of itself, field by field, and `weights` how much each field's words count. `intents` tells reading from
changing. `index` finds tools by words, `query` says which of them a caller wants and may call. `live_index` keeps an index in
step with its catalog, and `searches` has one for each tenant that searches, within a bound of memory.

What is ranked is bounded, since documents and queries come from strangers: words of a tool, tools of an index, postings that a
query walks, bytes of all indexes. The event loop is never held for more than some milliseconds.
"""
