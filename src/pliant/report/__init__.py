"""The report: one page of HTML about a fitted model, which opens without a network and needs no script."""

from pliant.report.write import report_page, write_report

__all__ = ["report_page", "write_report"]
