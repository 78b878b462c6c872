"""A retailer's MCP server, for tests: repairs."""

from mcp.server.fastmcp import FastMCP

server = FastMCP("repairs")


@server.tool()
def track(ticket_no: str, member_id: str) -> str:
    """Where a repair is."""
    if ticket_no == "R404":
        raise ValueError("没有这张维修单")
    return f"维修单{ticket_no}（会员{member_id}）：已修好，可到徐家汇店取。"


if __name__ == "__main__":
    server.run()
