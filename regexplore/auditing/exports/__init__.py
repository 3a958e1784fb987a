"""An audit on its way out: tables, JSON, SARIF, OpenVEX, a page of its own. The same result gives the same bytes."""
