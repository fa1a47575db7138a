"""What an editor shows while a document is written. Plain functions; only ``server`` knows the protocol."""
