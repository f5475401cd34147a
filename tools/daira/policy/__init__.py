"""The policy check: rules over a Release, an engine that runs them, exemptions, reporters."""
