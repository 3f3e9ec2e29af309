POST /openapi/v0.1/device/1581F0Q8X000U00G00A1/command
{"device_command":"return_home"}