import sys

if __name__ == "__main__":
    if not sys.flags.safe_path:
        # the folder one stands in is somebody's project, whose modules are not ours
        del sys.path[0]
    from claudetask_mcp.start import main

    sys.exit(main())
