"""What regional IT does to a whole box: install, update, roll back, uninstall.

Standard library only (import-linter holds it), because it runs before there is a virtual environment: `PYTHONPATH=THE_WHEEL python3 -m edge.box …`,
as root. `install.sh` checks an archive's signature before anything of it runs; from then on this package decides.
"""
