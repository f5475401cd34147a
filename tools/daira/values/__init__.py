"""Values: what a chart's schemas say about them, whether they hold, where they come from, and how to mend them."""
