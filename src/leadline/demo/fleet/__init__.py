"""The worlds of the three models. All of it is simulated, from a seed; no row is of a real person."""

from leadline.demo.fleet.credit import CREDIT
from leadline.demo.fleet.demand import DEMAND
from leadline.demo.fleet.tickets import TICKETS
from leadline.demo.fleet.world import Deployment

FLEET: tuple[Deployment, ...] = (CREDIT, DEMAND, TICKETS)

__all__ = ["FLEET", "Deployment"]
