"""Pages of the materials room: hot lab, dispensing, waste and permits, generators, planner, inspector."""
