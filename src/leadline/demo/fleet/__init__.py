"""The worlds of the three models. All of it is simulated, from a seed; no row is of a real person."""

from leadline.demo.fleet.credit import CREDIT
from leadline.demo.fleet.demand import DEMAND
from leadline.demo.fleet.tickets import TICKETS
from leadline.demo.fleet.world import Deployment

FLEET: tuple[Deployment, ...] = (DEMAND, CREDIT, TICKETS)
"""In the order in which they are brought up: what is learned soonest goes first, and the server has work."""

__all__ = ["FLEET", "Deployment"]
