"""Faults: what real registries, networks and attackers do, on demand.

>>> plan = FaultPlan()
>>> rule = plan.add(Fault.delay(0.02), path="/v2/*/manifests/*")
>>> plan
<FaultPlan: delay on * /v2/*/manifests/*>
>>> plan.remove(rule)
"""

from regexplore.sandbox.faults.fault import Fault
from regexplore.sandbox.faults.plan import FaultPlan, Rule

__all__ = ["Fault", "FaultPlan", "Rule"]
