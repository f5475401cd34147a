"""daira: proves that the DAIRA Helm chart keeps what it promises."""

__version__ = "0.1.0"
