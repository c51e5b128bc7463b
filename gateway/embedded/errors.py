"""Why the embedded stack does not start.

EmbeddedError
├── PartMissing     a program that the part needs is not installed
├── PartFailed      a part ended, or was not ready in time; carries the end of its log
├── HomeInUse       another stack runs in the same home
├── HomeUnusable    the directory is not one that a stack may have for itself, or cannot be written
├── HomeForeign     what another release wrote into the home cannot be read
├── AddressUnusable the gateway cannot listen where it shall
├── ServerChanged   another Redis or Vault is asked for than the home is for
└── SettingRefused  a setting would not count, or not work; the message names it
"""


class EmbeddedError(Exception):
    def __init__(self, message: str, *, cure: str) -> None:
        super().__init__(message)
        self.cure = cure


class PartMissing(EmbeddedError):
    pass


class PartFailed(EmbeddedError):
    pass


class HomeInUse(EmbeddedError):
    pass


class HomeUnusable(EmbeddedError):
    pass


class HomeForeign(EmbeddedError):
    pass


class AddressUnusable(EmbeddedError):
    pass


class ServerChanged(EmbeddedError):
    pass


class SettingRefused(EmbeddedError):
    pass
