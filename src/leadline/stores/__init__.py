"""Where a live system keeps what comes in: the contract, its conformance suite, and an embedded store."""
