"""Fills the cloud through its own APIs, as the administrator of clouds.yaml.

seed.py catalogue PLACEMENT GLANCE NEUTRON NOVA    end points and the project, user and roles of the tests; prints a cloud for clouds.yaml
seed.py content                                    flavors, an image, a network; prints the network's id
seed.py empty                                      deletes the servers that a test that was killed has left
seed.py quota INSTANCES                            how many servers the project of the tests may have; -1 = any number
"""

import sys

import openstack


def catalogue(placement, glance, neutron, nova):
    cloud = openstack.connect(cloud="admin")
    services = {"placement": (placement, ""), "image": (glance, ""), "network": (neutron, ""), "compute": (nova, "/v2.1")}
    for kind, (port, path) in services.items():
        service = cloud.identity.create_service(type=kind, name=kind)
        for interface in ("public", "internal", "admin"):
            url = f"http://127.0.0.1:{port}{path}"
            cloud.identity.create_endpoint(service_id=service.id, interface=interface, region_id="RegionOne", url=url)
    project = cloud.identity.create_project(name="garm", domain_id="default")
    user = cloud.identity.create_user(name="garm", password="garm", domain_id="default", default_project_id=project.id)
    roles = {role.name: role for role in cloud.identity.roles()}
    cloud.identity.assign_project_role_to_user(project, user, roles["member"])
    # Services call each other as the administrator, and tokens are only taken from those with the role of a service.
    cloud.identity.assign_project_role_to_user(cloud.current_project_id, cloud.current_user_id, roles["service"])
    own = openstack.connect(cloud="garm")
    credential = own.identity.create_application_credential(own.current_user_id, "runners")
    print(f"""  application-credential:
    region_name: RegionOne
    auth_type: v3applicationcredential
    auth:
      auth_url: {own.config.auth["auth_url"]}
      application_credential_id: {credential.id}
      application_credential_secret: {credential.secret}""")


def content():
    cloud = openstack.connect(cloud="admin")
    cloud.compute.create_flavor(id="1", name="m1.tiny", ram=512, vcpus=1, disk=1)
    # No host has as much, so a server of this flavor goes to ERROR.
    cloud.compute.create_flavor(id="2", name="m1.huge", ram=1 << 30, vcpus=1, disk=1)
    properties = {"os_type": "linux", "os_distro": "debian", "os_version": "12", "architecture": "x86_64"}
    image = cloud.image.create_image("debian-12", disk_format="raw", container_format="bare", visibility="public", data=b"\0" * 4096, **properties)
    assert image.id
    network = cloud.network.create_network(name="testnet", is_shared=True)
    cloud.network.create_subnet(network_id=network.id, ip_version=4, cidr="10.196.0.0/20")
    print(network.id)


def empty():
    cloud = openstack.connect(cloud="garm")
    servers = list(cloud.compute.servers())
    for server in servers:
        cloud.compute.delete_server(server, force=True)
    for server in servers:
        cloud.compute.wait_for_delete(server)


def quota(instances):
    cloud = openstack.connect(cloud="admin")
    project = cloud.identity.find_project("garm", ignore_missing=False)
    # Memory is not what is counted here: the flavor that no host has room for is to be refused by the hosts.
    cloud.set_compute_quotas(project.id, instances=int(instances), cores=-1, ram=-1)


command, *arguments = sys.argv[1:]
{"catalogue": catalogue, "content": content, "empty": empty, "quota": quota}[command](*arguments)
