"""What an operator decides: which operations of a document become tools, and how each of them is carried out.

Knows: the manifest's words (`manifest.schema.json`), which operation a word means, also after the document has renamed it
(`meaning`), and which settings contradict each other.
Must not know: how a document is read or compiled, what the catalog holds. Its settings reach a draft by `apply` alone.
"""
