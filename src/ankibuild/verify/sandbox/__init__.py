"""The process that runs a bank's code, and everything that is done to keep it harmless.

It is started by ``runner`` as ``python -m ankibuild.verify.sandbox``, with an empty environment,
and uses nothing of ankibuild but this folder. Read it in this order:

* ``__main__``  warms up (imports what the programs import), then answers job after job;
* ``warden``    forks one process for a job, watches it from outside, and says how it ended;
* ``inside``    what that process does: fence itself in, run the code, report;
* ``fence``     what is limited or forbidden, by Python's own means (any Unix);
* ``kernel``    the same again by Linux's means, which no trick of a program gets around;
* ``helpers``   what authors have at hand: ``approx``, ``grad_check``, values of rows.
"""
