"""Every device of one driver."""

from pilothouse import Chart, Values
from pilothouse_kit import DeviceClass


class Shop(Chart[Values]):
    def build(self) -> None:
        DeviceClass(self, "gpu", select=['device.driver == "gpu.example.com"'])
