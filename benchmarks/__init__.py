"""Measurements, side by side with peers. Ratios of one run mean something; times do not."""
