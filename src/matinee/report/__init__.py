"""Reports: one HTML file each, with nothing fetched from elsewhere."""

from matinee.report.first_look import write

__all__ = ["write"]
