"""The report: one page of HTML about a fitted model, which opens without a network and needs no script."""

from pliant.report.write import check_report_path, report_page, write_report

__all__ = ["check_report_path", "report_page", "write_report"]
