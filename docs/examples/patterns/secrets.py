"""A Secret that somebody else writes, one that a store holds, and pods that read both."""

from pilothouse import Chart, Values
from pilothouse_kit import Deployment, ExternalSecret, GivenSecret


class Shop(Chart[Values]):
    def build(self) -> None:
        login = GivenSecret("shop-db")
        key = ExternalSecret(self, "payment", store="vault", keys={"key": "shop/payment"})
        web = Deployment(
            self,
            "web",
            image="shop/web:1.4.2",
            port=8080,
            env={"DB_PASSWORD": login.key("password")},
            mounts={"/etc/payment": key.files(mode=0o440)},
            group=65532,
        )
        web.waive("SEC003", reason="the program reads its password from a variable alone")
        web.waive("CFG001", reason="whoever changes the password rolls the pods after it")
