"""A database's password that a store inside the cluster holds."""

from pilothouse import Chart, Values
from pilothouse_kit import Deployment, ExternalSecret


class Shop(Chart[Values]):
    def build(self) -> None:
        access = ExternalSecret(self, "db", store="vault", keys={"password": "shop/db#password"})
        web = Deployment(self, "web", image="shop/web:1.4.2", port=8080, env={"DB_PASSWORD": access.key("password")})
        web.waive("SEC003", reason="the program reads its password from a variable alone")
        web.waive("CFG001", reason="whoever changes the password rolls the pods after it")
