"""What is in force here: limits, decision rules, frequencies, and who must look twice."""
