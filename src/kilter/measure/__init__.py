"""The grammar of a measurement: what a procedure is, how it is run, judged and written down."""
